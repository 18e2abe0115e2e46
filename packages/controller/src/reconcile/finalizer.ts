import { isKubeError, patch, type ApiResource, type KubeClient, type KubeObject } from '@ostiary/kube';
import { FIELD_MANAGER } from '../cluster/applier.ts';
import { FINALIZER } from '../api/names.ts';

/** What older versions put there; it goes together with ours. */
const FINALIZERS: ReadonlySet<string> = new Set([FINALIZER, 'kubewarden']);

export function hasFinalizer({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.some((one) => FINALIZERS.has(one)) === true;
}

/** Keeps an object from going before we have cleaned up after it. */
export async function addFinalizer(client: KubeClient, resource: ApiResource, object: KubeObject): Promise<void> {
  if (hasFinalizer(object) || object.metadata.deletionTimestamp !== undefined) return;
  await writeFinalizers(client, resource, object, [...(object.metadata.finalizers ?? []), FINALIZER]);
}

/** Lets it go. */
export async function removeFinalizers(client: KubeClient, resource: ApiResource, object: KubeObject): Promise<void> {
  if (!hasFinalizer(object)) return;
  const others = (object.metadata.finalizers ?? []).filter((one) => !FINALIZERS.has(one));
  try {
    await writeFinalizers(client, resource, object, others);
  } catch (error) {
    if (!isKubeError(error, 'not-found')) throw error;
  }
}

/** The list is replaced whole, so that someone else's finalizer of a moment ago must make it fail. */
async function writeFinalizers(
  client: KubeClient,
  resource: ApiResource,
  object: KubeObject,
  finalizers: readonly string[],
): Promise<void> {
  const { namespace, name, resourceVersion } = object.metadata;
  const body = { metadata: { resourceVersion, finalizers } };
  await patch(client, resource, { namespace, name }, body, { fieldManager: FIELD_MANAGER });
}
