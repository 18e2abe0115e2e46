import { get, LEASES, remove, type ApiResource, type KubeClient, type KubeObject } from '@ostiary/kube';
import { MODULE_RESOURCES, MUTATING, POLICY_RESOURCES, POLICY_SERVERS, SECRETS, VALIDATING } from '../cluster/kinds.ts';
import { POLICY_NAME, STACK } from '../desired/names.ts';
import { OWN_CONFIGURATIONS } from '../desired/own-webhooks.ts';
import { AUDIT_SECRET, CA_SECRET, WEBHOOK_SECRET } from '../reconcile/context.ts';
import { hasFinalizer, removeFinalizers } from '../reconcile/finalizer.ts';
import { allOf, eachOf, ignoreMissing, sayFarewell } from './farewell.ts';
import { LEASE_NAME } from './leader.ts';
import { messageOf, type ControllerLog } from './log.ts';
import type { ControllerOptions } from './options.ts';
import { retire } from './retire.ts';

/** How often something is tried that others change at the same time. */
const ATTEMPTS = 5;

export type CleanUpOptions = Pick<ControllerOptions, 'namespace' | 'certificates' | 'controllerDeployment'>;

/**
 * Leaves nothing behind that needs a controller: stops the controller, which would put everything back, removes the webhook
 * configurations of our own kinds and of policies, the former first, so that they hold nothing up, then the finalizers of
 * all our objects, takes back what statuses claim, and removes at last the certificates that the controller made. What
 * people made stays, and is named in the log. What is not there, is not; run again, it finds
 * nothing to do. A status that can't be taken back is logged and holds nothing up. Throws KubeError for what could not be
 * removed, and RetireError if the controller does not end.
 */
export async function cleanUp(client: KubeClient, log: ControllerLog, options: CleanUpOptions): Promise<void> {
  const { namespace, certificates, controllerDeployment } = options;
  if (controllerDeployment !== undefined) await retire(client, { namespace, name: controllerDeployment }, log);
  const ours = (object: KubeObject): boolean => OWN_CONFIGURATIONS.includes(object.metadata.name);
  const ofPolicies = (object: KubeObject): boolean => object.metadata.annotations?.[POLICY_NAME] !== undefined;
  for (const isWanted of [ours, ofPolicies]) {
    for (const resource of [VALIDATING, MUTATING]) await removeConfigurations(client, resource, isWanted, log);
  }
  const kinds = [POLICY_SERVERS, ...Object.values(POLICY_RESOURCES), ...Object.values(MODULE_RESOURCES)];
  for (const resource of kinds) await stripFinalizers(client, resource, log);
  await sayFarewell(client, log, new Date());
  await removeOne(client, LEASES, { namespace, name: LEASE_NAME });
  // Those of cert-manager, and those that somebody put there, are not ours to remove.
  if (certificates !== 'own') return;
  for (const name of [WEBHOOK_SECRET, AUDIT_SECRET, CA_SECRET]) {
    await removeOne(client, SECRETS, { namespace, name });
  }
}

async function removeOne(
  client: KubeClient,
  resource: ApiResource,
  ref: { readonly namespace: string; readonly name: string },
): Promise<void> {
  try {
    await get(client, resource, ref);
    await remove(client, resource, ref);
  } catch (error) {
    ignoreMissing(error);
  }
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
  await eachOf((await allOf(client, resource, labelSelector)).filter(isWanted), async ({ metadata }) => {
    await remove(client, resource, { name: metadata.name });
    log('info', 'removed', { kind: resource.kind, name: metadata.name });
  });
}

async function stripFinalizers(client: KubeClient, resource: ApiResource, log: ControllerLog): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const held = (await allOf(client, resource)).filter(hasFinalizer);
    const failures: unknown[] = [];
    await eachOf(held, (object) =>
      removeFinalizers(client, resource, object).catch((error: unknown) => failures.push(error)),
    );
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
