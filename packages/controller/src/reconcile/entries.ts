import { policyId } from '../api/policy-id.ts';
import { isNamespacedKind } from '../api/names.ts';
import { policiesOf } from '../cluster/caches.ts';
import type { Policy, PolicyServer } from '../cluster/objects.ts';
import { POLICIES_KEY } from '../desired/config-map.ts';
import { objectName } from '../desired/names.ts';
import { entryOf, idOf, type PolicyEntries } from '../desired/policies.ts';
import { configMapNamed, type Context } from './context.ts';
import { webhooksNamed } from './policy-webhooks.ts';

export interface Entries {
  readonly entries: PolicyEntries;
  /** When one that lingers has to go; undefined if none does. */
  readonly requeueAfterMs: number | undefined;
}

/**
 * The policies that a server has to serve: those that are bound to it, deleted ones as long as they are there, and for a
 * moment those that are gone, since API servers learn of a removed webhook later than we do. A policy whose webhook is
 * still called by the other scheme is served under both names.
 */
export function entriesFor(context: Context, server: PolicyServer): Entries {
  const policies = policiesOf(context.caches, server.metadata.name);
  const bound = new Map<string, unknown>();
  for (const policy of policies) {
    const entry = entryOf(policy, server);
    for (const id of namesOf(context, policy)) bound.set(id, entry);
  }
  return withLingering(context, server, bound);
}

function namesOf(context: Context, policy: Policy): readonly string[] {
  const { idScheme } = context.options;
  const { kind, metadata } = policy;
  const namespace = isNamespacedKind(kind) ? (metadata.namespace ?? '') : '';
  const former = policyId(kind, namespace, metadata.name, idScheme === 'dotted' ? 'dashed' : 'dotted');
  return [idOf(policy, idScheme), ...(webhooksNamed(context, former).length > 0 ? [former] : [])];
}

function withLingering(context: Context, server: PolicyServer, bound: ReadonlyMap<string, unknown>): Entries {
  const { lingering, lingerMs, clock } = context;
  const { name } = server.metadata;
  const until = lingering.get(name) ?? new Map<string, number>();
  const now = clock.now();
  const kept = new Map<string, unknown>();
  for (const [id, entry] of Object.entries(presentEntries(context, name))) {
    if (bound.has(id)) continue;
    const end = until.get(id) ?? now + lingerMs;
    until.set(id, end);
    if (now < end) kept.set(id, entry);
  }
  for (const id of until.keys()) if (!kept.has(id)) until.delete(id);
  lingering.set(name, until);
  const ends = [...kept.keys()].map((id) => until.get(id) ?? now);
  return {
    entries: Object.fromEntries([...bound, ...kept]),
    requeueAfterMs: ends.length === 0 ? undefined : Math.max(1, Math.min(...ends) - now),
  };
}

/** What the ConfigMap has now; nothing if somebody has made something else of it. */
function presentEntries(context: Context, server: string): PolicyEntries {
  const text = configMapNamed(context, objectName(server))?.data?.[POLICIES_KEY];
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
