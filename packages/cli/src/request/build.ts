import type { JsonObject, JsonValue } from '@ostiary/policy';
import { InputError } from './errors.ts';
import { builtInKind, groupOf, pluralOf, type FindKind, type KnownKind } from './kinds.ts';
import { isObject, nameOf, textAt } from './value.ts';

export const OPERATIONS = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Who asks, as a request names them. */
export interface User {
  readonly username: string;
  readonly groups?: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a request says beside the object. */
export interface RequestOptions {
  /** Default CREATE. */
  readonly operation?: Operation;
  /** What an UPDATE starts from; default: the object itself. */
  readonly oldObject?: JsonValue | undefined;
  readonly user?: User | undefined;
  /** For objects that name none; default `default`. */
  readonly namespace?: string | undefined;
  readonly subResource?: string | undefined;
}

/** A request that was made up around an object. */
export interface BuiltRequest {
  readonly request: JsonObject;
  /** What had to be guessed, for a warning. */
  readonly guessed: string | undefined;
}

/** Always the same, so that equal objects give equal requests; it is the one that kwctl uses. */
const UID = '705ab4f5-6393-11e8-b7cc-42010a800002';

/** Who applies manifests most often. */
const ADMIN: User = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

const OPTIONS: Readonly<Record<Operation, string | undefined>> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
  CONNECT: undefined,
};

/**
 * The AdmissionRequest that an API server would send for an object: kind and resource from its type, name and namespace
 * from its metadata. `find` is asked for kinds that are not built in. Throws InputError.
 *
 * @param source Where the object is from, for messages.
 */
export async function buildRequest(
  object: JsonValue,
  source: string,
  { operation = 'CREATE', oldObject, user = ADMIN, namespace, subResource }: RequestOptions = {},
  find?: FindKind,
): Promise<BuiltRequest> {
  const apiVersion = textAt(object, 'apiVersion');
  const kind = textAt(object, 'kind');
  if (!isObject(object) || apiVersion === undefined || kind === undefined) {
    throw new InputError(
      'wrong-shape',
      `${source}: expected an object with apiVersion and kind, found ${nameOf(object)}`,
    );
  }
  const known = await kindOf(apiVersion, kind, object, find);
  const { group, version } = groupOf(apiVersion);
  const gvk = { group, version, kind };
  const gvr = { group, version, resource: known.plural };
  const name = textAt(object, 'metadata', 'name');
  const inNamespace = textAt(object, 'metadata', 'namespace') ?? namespace ?? 'default';
  const options = OPTIONS[operation];
  const request: JsonObject = {
    uid: UID,
    kind: gvk,
    resource: gvr,
    ...(subResource !== undefined && { subResource }),
    requestKind: { ...gvk },
    requestResource: { ...gvr },
    ...(subResource !== undefined && { requestSubResource: subResource }),
    ...(name !== undefined && { name }),
    ...(known.namespaced
      ? { namespace: inNamespace }
      : kind === 'Namespace' && name !== undefined && { namespace: name }),
    operation,
    userInfo: userInfo(user),
    ...objectsOf(operation, known.namespaced ? withNamespace(object, inNamespace) : object, oldObject),
    dryRun: false,
    ...(options !== undefined && { options: { apiVersion: 'meta.k8s.io/v1', kind: options } }),
  };
  return { request, guessed: known.guessed ? guess(source, apiVersion, kind, known) : undefined };
}

async function kindOf(apiVersion: string, kind: string, object: JsonObject, find?: FindKind): Promise<KnownKind> {
  const found = builtInKind(apiVersion, kind) ?? (await find?.(apiVersion, kind));
  if (found) return { ...found, guessed: false };
  const namespaced = textAt(object, 'metadata', 'namespace') !== undefined;
  return { plural: pluralOf(kind), namespaced, guessed: true };
}

function guess(source: string, apiVersion: string, kind: string, { plural, namespaced }: KnownKind): string {
  const scope = namespaced ? 'in a namespace' : 'not in a namespace';
  return `${source}: ${apiVersion} ${kind} is not a built-in kind; taken for the resource '${plural}', ${scope}`;
}

/** An API server fills the namespace in before it asks. */
function withNamespace(object: JsonObject, namespace: string): JsonObject {
  const metadata = object['metadata'];
  if (metadata !== undefined && !isObject(metadata)) return object;
  return { ...object, metadata: { ...metadata, namespace } };
}

function objectsOf(operation: Operation, object: JsonObject, oldObject: JsonValue | undefined): JsonObject {
  switch (operation) {
    case 'CREATE':
    case 'CONNECT':
      return { object };
    case 'UPDATE':
      return { object, oldObject: oldObject ?? object };
    case 'DELETE':
      return { oldObject: oldObject ?? object };
  }
}

function userInfo({ username, groups, uid, extra }: User): JsonObject {
  return {
    username,
    ...(uid !== undefined && { uid }),
    ...(groups !== undefined && { groups: [...groups] }),
    ...(extra !== undefined && {
      extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])),
    }),
  };
}
