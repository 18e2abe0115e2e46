import { isKubeError, list, remove, type ApiResource, type KubeClient, type KubeObject } from '@ostiary/kube';
import { MODULE_RESOURCES, MUTATING, POLICY_RESOURCES, POLICY_SERVERS, VALIDATING } from '../cluster/kinds.ts';
import { POLICY_NAME, STACK } from '../desired/names.ts';
import { OWN_CONFIGURATIONS } from '../desired/own-webhooks.ts';
import { hasFinalizer, removeFinalizers } from '../reconcile/finalizer.ts';
import { messageOf, type ControllerLog } from './log.ts';

/** How often something is tried that others change at the same time. */
const ATTEMPTS = 5;

/**
 * Leaves nothing behind that needs a controller: removes the webhook configurations of our own kinds and of policies, the
 * former first, so that they hold nothing up, then the finalizers of all our objects. What is not there, is not; run again,
 * it finds nothing to do. Throws KubeError for what could not be removed.
 */
export async function cleanUp(client: KubeClient, log: ControllerLog): Promise<void> {
  const ours = (object: KubeObject): boolean => OWN_CONFIGURATIONS.includes(object.metadata.name);
  const ofPolicies = (object: KubeObject): boolean => object.metadata.annotations?.[POLICY_NAME] !== undefined;
  for (const isWanted of [ours, ofPolicies]) {
    for (const resource of [VALIDATING, MUTATING]) await removeConfigurations(client, resource, isWanted, log);
  }
  const kinds = [POLICY_SERVERS, ...Object.values(POLICY_RESOURCES), ...Object.values(MODULE_RESOURCES)];
  for (const resource of kinds) await stripFinalizers(client, resource, log);
}

async function removeConfigurations(
  client: KubeClient,
  resource: ApiResource,
  isWanted: (object: KubeObject) => boolean,
  log: ControllerLog,
): Promise<void> {
  const labelSelector = Object.entries(STACK)
    .map((pair) => pair.join('='))
    .join(',');
  for (const { metadata } of (await allOf(client, resource, labelSelector)).filter(isWanted)) {
    await remove(client, resource, { name: metadata.name }).catch(ignoreMissing);
    log('info', 'removed', { kind: resource.kind, name: metadata.name });
  }
}

async function stripFinalizers(client: KubeClient, resource: ApiResource, log: ControllerLog): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const held = (await allOf(client, resource)).filter(hasFinalizer);
    const failures: unknown[] = [];
    for (const object of held) {
      await removeFinalizers(client, resource, object).catch((error: unknown) => failures.push(error));
    }
    if (failures.length === 0) {
      if (held.length > 0) log('info', 'finalizers removed', { kind: resource.kind, count: held.length });
      return;
    }
    // Somebody changed an object in between: read it again.
    if (attempt === ATTEMPTS) throw failures[0];
    log('warn', 'finalizers could not be removed, trying again', {
      kind: resource.kind,
      cause: messageOf(failures[0]),
    });
  }
}

async function allOf(
  client: KubeClient,
  resource: ApiResource,
  labelSelector?: string,
): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  try {
    for await (const object of list<KubeObject>(client, { resource, labelSelector })) found.push(object);
    return found;
  } catch (error) {
    // The kind itself is gone, or never was.
    if (isKubeError(error, 'not-found')) return [];
    throw error;
  }
}

function ignoreMissing(error: unknown): void {
  if (!isKubeError(error, 'not-found')) throw error;
}
