import { createHash } from 'node:crypto';
import { parseLabelSelector, type ApiResource, type Requirement } from '@ostiary/kube';
import type { Policy } from '../policies/policy.ts';
import { isAuditable, storageOf } from './auditable.ts';
import { compileConditions, type Conditions } from './conditions.ts';
import { policyMatches } from './rules.ts';

/** What becomes of a policy in this audit. `skip` and `error` count for the objects that it would have judged. */
export type Disposition =
  | { readonly type: 'evaluate' }
  | { readonly type: 'skip'; readonly reason: string }
  | { readonly type: 'error'; readonly message: string };

/** A policy that is ready to be held against objects. */
export interface PlannedPolicy {
  readonly policy: Policy;
  /** How configurations, webhooks and reports call it. */
  readonly id: string;
  readonly disposition: Disposition;
  readonly conditions: Conditions;
  /** Absent: everything. */
  readonly objectSelector: readonly Requirement[] | undefined;
  readonly namespaceSelector: readonly Requirement[] | undefined;
}

/** A policy and the version of a resource in which it wants to see the objects. */
export interface Assignment {
  readonly planned: PlannedPolicy;
  readonly as: ApiResource;
  /** The version that a client would have used: differs from `as` when the match policy is Equivalent. */
  readonly requested: ApiResource;
}

/** Objects to walk through: one resource, read in the version that most of its policies want. */
export interface Unit {
  /** `apps/deployments`, `/pods`: the same in every run. */
  readonly id: string;
  readonly resource: ApiResource;
  readonly assignments: readonly Assignment[];
}

export interface Plan {
  /** In the order in which they are walked: what has no namespace first. */
  readonly units: readonly Unit[];
  readonly policies: readonly PlannedPolicy[];
  /** Policies of which no rule names objects that this API server has. */
  readonly idle: readonly PlannedPolicy[];
  /** The same as long as policies and resources are. */
  readonly hash: string;
}

export interface PlanInput {
  readonly policies: readonly Policy[];
  /** As discovery lists them: preferred versions first. */
  readonly resources: readonly ApiResource[];
  readonly idOf: (policy: Policy) => string;
  /** What is known of the policy's server; asked for policies that are to be evaluated. */
  readonly disposition: (policy: Policy) => Disposition;
  /** Absent: objects of the cluster and of namespaces. */
  readonly scope?: 'Cluster' | 'Namespaced' | undefined;
}

/** Finds out which policies look at which resources (contract: controller §8.2). Pure. */
export function makePlan({ policies, resources, idOf, disposition, scope }: PlanInput): Plan {
  const wanted = resources.filter(
    (resource) => isAuditable(resource) && (scope === undefined || (scope === 'Namespaced') === resource.namespaced),
  );
  const storages = Map.groupBy(wanted, storageOf);
  const planned = policies.map((policy) => preparePolicy(policy, idOf(policy), disposition));
  const units = [...storages].flatMap(([id, versions]) => {
    const assignments = planned.flatMap((one) => assign(one, versions));
    return assignments.length === 0 ? [] : [{ id, resource: mostWanted(assignments), assignments }];
  });
  const busy = new Set(units.flatMap(({ assignments }) => assignments.map((one) => one.planned)));
  return {
    units: units.toSorted((a, b) => Number(a.resource.namespaced) - Number(b.resource.namespaced) || order(a.id, b.id)),
    policies: planned,
    idle: planned.filter((one) => !busy.has(one)),
    hash: hashOf(planned, units),
  };
}

function preparePolicy(policy: Policy, id: string, disposition: PlanInput['disposition']): PlannedPolicy {
  const { matchConditions, objectSelector, namespaceSelector } = policy;
  return {
    policy,
    id,
    disposition: dispositionOf(policy, disposition),
    conditions: compileConditions(matchConditions),
    objectSelector: objectSelector && parseLabelSelector(objectSelector),
    namespaceSelector: namespaceSelector && parseLabelSelector(namespaceSelector),
  };
}

function dispositionOf(policy: Policy, ask: PlanInput['disposition']): Disposition {
  if (!policy.backgroundAudit) return { type: 'skip', reason: 'spec.backgroundAudit is false' };
  if (!policy.active) return { type: 'skip', reason: 'the policy is not active' };
  return ask(policy);
}

/** `versions` are all of one resource, the preferred one first. */
function assign(planned: PlannedPolicy, versions: readonly ApiResource[]): readonly Assignment[] {
  const matching = versions.filter((version) => policyMatches(planned.policy, version));
  const [preferred] = versions;
  const as = matching.find((version) => version === preferred) ?? matching[0];
  if (as === undefined || preferred === undefined) return [];
  // A webhook that wants exactly its version hears only of requests in that version.
  return [{ planned, as, requested: planned.policy.matchPolicy === 'Exact' ? as : preferred }];
}

function mostWanted(assignments: readonly Assignment[]): ApiResource {
  const counts = new Map<ApiResource, number>();
  for (const { as, planned } of assignments) {
    counts.set(as, (counts.get(as) ?? 0) + (planned.disposition.type === 'evaluate' ? 1 : 0));
  }
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

function hashOf(policies: readonly PlannedPolicy[], units: readonly Unit[]): string {
  const parts = [
    policies.map(({ id, policy, disposition }) => [id, policy.uid, policy.generation, disposition.type]),
    units.map(({ id, resource }) => [id, resource.version]),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
