import { apiVersionOf, type ApiResource, type KubeObject } from '@ostiary/kube';

/** Who is said to create the objects. */
export interface AuditUser {
  readonly username: string;
  readonly groups: readonly string[];
}

/** The service account that the chart gives the scanner. */
export const SERVICE_ACCOUNT = 'audit-scanner';

/** A service account as the API server's authenticator describes it. */
export function serviceAccountUser(namespace: string, name: string = SERVICE_ACCOUNT): AuditUser {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

export interface RequestInput {
  readonly object: KubeObject;
  /** The version in which the policy wants to see the object. */
  readonly as: ApiResource;
  readonly requested: ApiResource;
  readonly user: AuditUser;
}

const OPTIONS = { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', dryRun: ['All'] } as const;

/**
 * The members of an AdmissionRequest beside the objects, in the API server's own order: the creation of the object as
 * it is now, without effect (contract: controller §8.3, with the plural and the user that the original leaves out).
 */
export function requestHead({ object, as, requested, user }: RequestInput): Readonly<Record<string, unknown>> {
  const { uid = '', name, namespace } = object.metadata;
  return {
    uid,
    kind: kindOf(as),
    resource: resourceOf(as),
    requestKind: kindOf(requested),
    requestResource: resourceOf(requested),
    name,
    ...namespaceMember(as, namespace, name),
    operation: 'CREATE',
    userInfo: user,
  };
}

/** What match conditions see as `request`. */
export function conditionRequest(input: RequestInput): Readonly<Record<string, unknown>> {
  const { uid: _uid, ...head } = requestHead(input);
  return { subResource: '', requestSubResource: '', ...head, dryRun: true, options: OPTIONS };
}

/** An AdmissionReview around the object's own text, so that numbers beyond 2^53 stay what they are. */
export function reviewBytes(input: RequestInput, raw: Uint8Array): Uint8Array {
  const head = JSON.stringify(requestHead(input)).slice(0, -1);
  const tail = `,"oldObject":null,"dryRun":true,"options":${JSON.stringify(OPTIONS)}}}`;
  return Buffer.concat([
    Buffer.from(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":${head},"object":`),
    raw,
    Buffer.from(tail),
  ]);
}

/** To admission a Namespace is in the namespace that it is. */
function namespaceMember(resource: ApiResource, namespace: string | undefined, name: string): object {
  const own = isNamespaceResource(resource) ? name : namespace;
  return own === undefined || own === '' ? {} : { namespace: own };
}

export function isNamespaceResource({ group, plural }: ApiResource): boolean {
  return group === '' && plural === 'namespaces';
}

function kindOf({ group, version, kind }: ApiResource): object {
  return { group, version, kind };
}

function resourceOf({ group, version, plural }: ApiResource): object {
  return { group, version, resource: plural };
}

/** `apps/v1 deployments`: for messages. */
export function describeResource(resource: ApiResource): string {
  return `${apiVersionOf(resource)} ${resource.plural}`;
}
