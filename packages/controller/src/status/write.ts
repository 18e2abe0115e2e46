import { isKubeError, patch, type ApiResource, type KubeClient, type KubeObject } from '@ostiary/kube';
import { canonicalJson } from '../desired/policies.ts';
import { FIELD_MANAGER } from '../cluster/applier.ts';

type Status = Readonly<Record<string, unknown>>;

/** What was last written for an object as a cache has it. Once the cache has heard of the write, it has another object. */
const written = new WeakMap<KubeObject, string>();

/**
 * Writes a status if it says something else than the object's present one; members that it does not have go. An object
 * that is gone has no status to write. Resolves with whether anything was written.
 */
export async function writeStatus(
  client: KubeClient,
  resource: ApiResource,
  object: KubeObject & { readonly status?: Status | undefined },
  status: Status,
): Promise<boolean> {
  const before = object.status ?? {};
  const text = canonicalJson(status);
  if (canonicalJson(before) === text || written.get(object) === text) return false;
  const gone = Object.keys(before).flatMap((name) => (name in status ? [] : [[name, null] as const]));
  const { namespace, name, uid } = object.metadata;
  const body = { metadata: { uid }, status: { ...Object.fromEntries(gone), ...status } };
  try {
    await patch(client, resource, { namespace, name }, body, {
      subresource: 'status',
      fieldManager: FIELD_MANAGER,
    });
    written.set(object, text);
    return true;
  } catch (error) {
    if (isKubeError(error, 'not-found', 'conflict')) return false;
    throw error;
  }
}
