/** One endpoint with a review to send, as the API server would. */
export interface Gate {
  readonly name: 'authn' | 'authz' | 'admit' | 'admit-mut';
  readonly body: string;
  /** Whether an answer is the one that the example module gives to this review. */
  readonly isRight: (answer: Answer) => boolean;
  /** The example module that decides, and its export. */
  readonly module: string;
  readonly operation: string;
}

/** What the gates answer, as far as it is looked at. */
export interface Answer {
  readonly status?: { readonly authenticated?: boolean; readonly allowed?: boolean };
  readonly response?: { readonly allowed?: boolean; readonly patch?: string };
}

/** Enough data for a body of 3 to 4 KB. */
const DATA = Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => [`setting-${index}`, `the value of the setting with the number ${index}`]),
);

const KIND = { group: '', version: 'v1', kind: 'ConfigMap' };
const RESOURCE = { group: '', version: 'v1', resource: 'configmaps' };

const CONFIG_MAP_REVIEW = JSON.stringify({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    kind: KIND,
    resource: RESOURCE,
    requestKind: KIND,
    requestResource: RESOURCE,
    name: 'shop',
    namespace: 'default',
    operation: 'CREATE',
    userInfo: { username: 'magic-user', groups: ['magic-group', 'system:authenticated'] },
    object: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shop', namespace: 'default', creationTimestamp: '2026-03-01T10:20:30Z' },
      data: DATA,
    },
    oldObject: null,
    dryRun: false,
    options: { apiVersion: 'meta.k8s.io/v1', kind: 'CreateOptions' },
  },
});

const TOKEN_REVIEW = JSON.stringify({
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenReview',
  metadata: { creationTimestamp: null },
  spec: { token: 'magic-token', audiences: ['https://kubernetes.default.svc.cluster.local'] },
  status: { user: {} },
});

const ACCESS_REVIEW = JSON.stringify({
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  metadata: { creationTimestamp: null },
  spec: {
    resourceAttributes: { namespace: 'default', verb: 'list', version: 'v1', resource: 'configmaps' },
    user: 'magic-user',
    groups: ['magic-group', 'system:authenticated'],
    uid: '0',
  },
  status: { allowed: false },
});

export const GATES: readonly Gate[] = [
  {
    name: 'admit',
    body: CONFIG_MAP_REVIEW,
    isRight: ({ response }) => response?.allowed === true && response.patch === undefined,
    module: 'magic-validator',
    operation: 'validate',
  },
  {
    name: 'admit-mut',
    body: CONFIG_MAP_REVIEW,
    isRight: ({ response }) => response?.allowed === true && response.patch !== undefined,
    module: 'magic-mutator',
    operation: 'validate',
  },
  {
    name: 'authn',
    body: TOKEN_REVIEW,
    isRight: ({ status }) => status?.authenticated === true,
    module: 'magic-authenticator',
    operation: 'authn',
  },
  {
    name: 'authz',
    body: ACCESS_REVIEW,
    isRight: ({ status }) => status?.allowed === true,
    module: 'magic-authorizer',
    operation: 'authz',
  },
];
