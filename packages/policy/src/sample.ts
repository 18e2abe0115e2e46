import { enclose } from './envelope.ts';
import type { GateModule } from './module.ts';

/** Which payload a module reads. */
export type PayloadKind = 'token-review' | 'subject-access-review' | 'admission-review' | 'validation-request';

/**
 * What a module is asked in trial runs: a request like those the API server sends, about nothing that exists. Trial
 * runs make a module's code hot and show how long it takes; their answers are thrown away.
 */
export function sampleInput(kind: PayloadKind, module: GateModule): Uint8Array[] {
  const request = new TextEncoder().encode(JSON.stringify(SAMPLES[kind]));
  return enclose(module, [request], kind === 'validation-request' ? 'null' : 'omitted');
}

/** The request alone, as bytes, for modules whose document is framed elsewhere. */
export function sampleRequest(): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(ADMISSION_REQUEST));
}

const USER = {
  username: 'system:serviceaccount:sample:trial',
  groups: ['system:serviceaccounts', 'system:authenticated'],
};

const TOKEN_REVIEW = {
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenReview',
  metadata: { creationTimestamp: null },
  spec: { token: 'trial.token.value', audiences: ['https://kubernetes.default.svc'] },
  status: { user: {} },
};

const SUBJECT_ACCESS_REVIEW = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  metadata: { creationTimestamp: null },
  spec: {
    user: USER.username,
    groups: USER.groups,
    resourceAttributes: {
      namespace: 'sample',
      verb: 'get',
      group: 'apps',
      version: 'v1',
      resource: 'deployments',
      name: 'trial',
    },
  },
  status: { allowed: false },
};

/** About 3 KB, as an ordinary Pod has. */
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'trial-7d4b9c6f5-x2x7k',
    namespace: 'sample',
    creationTimestamp: null,
    labels: labels('label', 12),
    annotations: labels('annotation', 8),
  },
  spec: {
    serviceAccountName: 'trial',
    containers: ['app', 'proxy', 'logs'].map((name) => ({
      name,
      image: `registry.example/${name}:1.2.3`,
      args: ['--listen', ':8080', '--verbosity', '2'],
      ports: [{ containerPort: 8080, protocol: 'TCP' }],
      env: Object.entries(labels('VARIABLE', 5)).map(([key, value]) => ({ name: key, value })),
      resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
      securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
    })),
    volumes: [{ name: 'data', emptyDir: {} }],
  },
};

const ADMISSION_REQUEST = {
  uid: '00000000-0000-4000-8000-000000000000',
  kind: { group: '', version: 'v1', kind: 'Pod' },
  resource: { group: '', version: 'v1', resource: 'pods' },
  requestKind: { group: '', version: 'v1', kind: 'Pod' },
  requestResource: { group: '', version: 'v1', resource: 'pods' },
  name: POD.metadata.name,
  namespace: 'sample',
  operation: 'CREATE',
  userInfo: USER,
  object: POD,
  oldObject: null,
  dryRun: true,
  options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
};

const SAMPLES: Readonly<Record<PayloadKind, unknown>> = {
  'token-review': TOKEN_REVIEW,
  'subject-access-review': SUBJECT_ACCESS_REVIEW,
  'admission-review': { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request: ADMISSION_REQUEST },
  'validation-request': ADMISSION_REQUEST,
};

function labels(prefix: string, count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}-${index}`, `value of ${index}`]));
}
