import { isKubeError, list, patch, type ApiResource, type KubeClient, type KubeObject } from '@ostiary/kube';
import { MODULE_RESOURCES, POLICY_RESOURCES, POLICY_SERVERS } from '../cluster/kinds.ts';
import type { Policy } from '../cluster/objects.ts';
import { FIELD_MANAGER } from '../cluster/applier.ts';
import { MANAGED_BY } from '../desired/names.ts';
import { conditionsOf } from '../status/conditions.ts';
import { messageOf, type ControllerLog } from './log.ts';

/** As many as a client has connections: a thousand policies must not take longer than an uninstall waits. */
const AT_ONCE = 8;

/** Does something to each item, some at a time. What is gone by then, was not needed. Throws what else goes wrong. */
export async function eachOf<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item).catch(ignoreMissing);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** All objects of a kind; none if there is no such kind any more. */
export async function allOf<T extends KubeObject>(
  client: KubeClient,
  resource: ApiResource,
  labelSelector?: string,
): Promise<readonly T[]> {
  const found: T[] = [];
  try {
    for await (const object of list<T>(client, { resource, labelSelector })) found.push(object);
    return found;
  } catch (error) {
    ignoreMissing(error);
    return [];
  }
}

export function ignoreMissing(error: unknown): void {
  if (!isKubeError(error, 'not-found')) throw error;
}

/**
 * Takes back what statuses claim, since nothing is enforced any more, and says what stays and how to remove it: objects are
 * people's own, and so is what they run. What can't be read or written is logged and left: nothing depends on it, and who
 * removes the controller must not be held up by a status. Never throws.
 */
export async function sayFarewell(client: KubeClient, log: ControllerLog, now: Date): Promise<void> {
  for (const resource of Object.values(POLICY_RESOURCES)) {
    const policies = await knownOf<Policy>(client, resource, log);
    await eachOf(policies.filter(isPlaced), (policy) =>
      takeBack(client, resource, policy, now).catch((error: unknown) => {
        if (isKubeError(error, 'not-found')) return;
        const { namespace, name } = policy.metadata;
        const fields = { kind: resource.kind, namespace, name, cause: messageOf(error) };
        log('warn', 'the status of a policy could not be taken back', fields);
      }),
    );
    if (policies.length > 0) {
      log('info', 'policies stay, without effect', { kind: resource.kind, count: policies.length });
    }
  }
  for (const resource of Object.values(MODULE_RESOURCES)) {
    const { length } = await knownOf(client, resource, log);
    if (length > 0) log('info', 'modules stay, where a policy server has them', { kind: resource.kind, count: length });
  }
  for (const { metadata } of (await knownOf(client, POLICY_SERVERS, log)).filter((one) => !isOfHelm(one))) {
    const remove = `kubectl delete policyserver ${metadata.name}`;
    log('warn', 'a policy server goes on running, and no policy leads to it', { name: metadata.name, remove });
  }
}

/** All objects of a kind, or none, with a word about it, when they can't be read. */
async function knownOf<T extends KubeObject>(
  client: KubeClient,
  resource: ApiResource,
  log: ControllerLog,
): Promise<readonly T[]> {
  try {
    return await allOf<T>(client, resource);
  } catch (error) {
    log('warn', 'what stays could not be listed', { kind: resource.kind, cause: messageOf(error) });
    return [];
  }
}

const REMOVED = 'ControllerRemoved';

/** Whether its status speaks of a server that a policy is on its way to, or at. */
function isPlaced({ status }: Policy): boolean {
  const isTold = status?.conditions?.some(({ reason }) => reason === REMOVED) === true;
  return !isTold && (status?.policyStatus === 'active' || status?.policyStatus === 'pending');
}

/** Helm removes what it has made right after this. */
function isOfHelm({ metadata }: KubeObject): boolean {
  return metadata.labels?.[MANAGED_BY] === 'Helm';
}

async function takeBack(client: KubeClient, resource: ApiResource, policy: Policy, now: Date): Promise<void> {
  const { metadata, status } = policy;
  const finding = {
    type: 'PolicyActive',
    status: 'False',
    reason: REMOVED,
    message: 'the controller was removed, and with it the webhook of this policy',
  } as const;
  const conditions = conditionsOf([finding], status?.conditions, metadata.generation, now);
  const body = { status: { policyStatus: 'pending', mode: 'unknown', servers: null, conditions } };
  const ref = { namespace: metadata.namespace, name: metadata.name };
  await patch(client, resource, ref, body, { subresource: 'status', fieldManager: FIELD_MANAGER });
}
