import type { ModuleKind } from '../api/names.ts';
import type { ModuleStatus } from '../api/module.ts';
import { BY_SERVER } from '../cluster/caches.ts';
import { MODULE_RESOURCES } from '../cluster/kinds.ts';
import type { GateModule } from '../cluster/objects.ts';
import { deliveryOf } from '../desired/delivery.ts';
import { servingPods } from '../observe/acknowledgement.ts';
import { moduleHash, moduleId } from '../observe/history.ts';
import { reachOf, type Reach } from '../observe/reachable.ts';
import { conditionsOf } from '../status/conditions.ts';
import { serversOf } from '../status/policy.ts';
import { writeStatus } from '../status/write.ts';
import type { Context } from './context.ts';

type ModuleState =
  | { readonly state: 'unscheduled'; readonly reason: string; readonly message: string }
  | {
      readonly state: 'pending' | 'active' | 'failed';
      readonly reason: string;
      readonly message: string;
      readonly reach: Reach;
    };

/** Says how far a module of the other two gates has come. Its server's ConfigMap brings it there. */
export async function reconcileModule(context: Context, kind: ModuleKind, name: string): Promise<void> {
  const { caches, client, clock, events } = context;
  const module = caches.modules.flatMap((cache) => cache.get(undefined, name) ?? []).find((one) => one.kind === kind);
  if (module === undefined || module.metadata.deletionTimestamp !== undefined) return;
  const state = stateOf(context, module);
  const before = module.status?.conditions?.[0]?.reason;
  if (before !== state.reason) {
    const type = state.state === 'failed' ? 'Warning' : 'Normal';
    events.record(module, { type, reason: state.reason, action: 'Reconcile', note: state.message });
  }
  await writeStatus(client, MODULE_RESOURCES[kind], module, statusOf(module, state, clock.date()));
}

function stateOf(context: Context, module: GateModule): ModuleState {
  const { caches, history, options } = context;
  const name = module.spec.policyServer ?? '';
  const server = caches.policyServers.get(undefined, name);
  if (server === undefined || server.metadata.deletionTimestamp !== undefined) {
    return { state: 'unscheduled', reason: 'PolicyServerMissing', message: `there is no policy server ${name}` };
  }
  if (deliveryOf(server, options.imageKind) !== 'hot') {
    const message = `the image of the policy server ${name} has no gates for modules`;
    return { state: 'unscheduled', reason: 'PolicyServerUnfit', message };
  }
  const pods = servingPods(caches.pods.byIndex(BY_SERVER, name));
  const reach = reachOf(moduleId(module), moduleHash(module), pods, (revision) => history.find(name, revision));
  const counts = `${reach.ready} of ${reach.total} ready pods serve this version`;
  if (reach.failure !== undefined) return { state: 'failed', reason: 'ModuleFailed', message: reach.failure, reach };
  return reach.isServed
    ? { state: 'active', reason: 'ModuleActive', message: counts, reach }
    : { state: 'pending', reason: 'Pending', message: reach.trouble ?? counts, reach };
}

function statusOf({ metadata, status }: GateModule, state: ModuleState, now: Date): ModuleStatus {
  const { reason, message } = state;
  const { generation } = metadata;
  const finding = { type: 'Active', status: state.state === 'active' ? 'True' : 'False', reason, message } as const;
  const reach = 'reach' in state ? state.reach : undefined;
  return {
    state: state.state,
    conditions: conditionsOf([finding], status?.conditions, generation, now),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(reach === undefined
      ? {}
      : { servers: serversOf(reach, status?.observedGeneration === generation ? status : undefined) }),
  };
}
