import { formatLabelSelector, get, isKubeError, list, patch, type KubeClient, type KubeObject } from '@ostiary/kube';
import { DEPLOYMENTS, PODS } from '../cluster/kinds.ts';
import type { ControllerLog } from './log.ts';

/** The controller goes on although it was told to end. */
export class RetireError extends Error {
  override readonly name = 'RetireError';
  readonly code = 'controller-goes-on';
}

interface Deployment extends KubeObject {
  readonly spec: { readonly selector: { readonly matchLabels?: Readonly<Record<string, string>> } };
}

/** Pods of the controller have 10 s to end; their nodes take as long again to say so, and the rest is for slow ones. */
const PATIENCE_MS = 45_000;
const LOOK_MS = 250;

/**
 * Scales the controller's Deployment to nothing and waits until its pods are gone. One that is not there has ended before.
 * Throws RetireError after 45 s.
 */
export async function retire(
  client: KubeClient,
  ref: { readonly namespace: string; readonly name: string },
  log: ControllerLog,
): Promise<void> {
  const { namespace, name } = ref;
  let deployment: Deployment;
  try {
    deployment = await get<Deployment>(client, DEPLOYMENTS, ref);
    await patch(client, DEPLOYMENTS, ref, { spec: { replicas: 0 } });
  } catch (error) {
    if (isKubeError(error, 'not-found')) return;
    throw error;
  }
  const labelSelector = formatLabelSelector(deployment.spec.selector);
  const end = performance.now() + PATIENCE_MS;
  while (await hasPods(client, namespace, labelSelector)) {
    if (performance.now() > end) throw new RetireError(`pods of the Deployment ${name} do not end`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  log('info', 'the controller has ended', { deployment: name });
}

async function hasPods(client: KubeClient, namespace: string, labelSelector: string): Promise<boolean> {
  for await (const _pod of list(client, { resource: PODS, namespace, labelSelector })) return true;
  return false;
}
