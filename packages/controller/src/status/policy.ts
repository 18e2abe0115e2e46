import type { PolicyStatus } from '../api/policy.ts';
import type { Policy } from '../cluster/objects.ts';
import type { Reach } from '../observe/reachable.ts';
import { conditionsOf, type Finding } from './conditions.ts';

/** How far a policy has come (contract: controller §5.2). */
export type PolicyState =
  | { readonly kind: 'unscheduled' }
  | {
      readonly kind: 'scheduled';
      readonly reason: 'PolicyServerMissing' | 'PolicyServerDeleting';
      readonly server: string;
    }
  /** `isRegistered`: an earlier version is enforced meanwhile. */
  | { readonly kind: 'pending'; readonly reach: Reach; readonly isRegistered: boolean }
  /** Enforced as it is, although the pods can't be seen to serve it right now. */
  | { readonly kind: 'unreachable'; readonly reach: Reach }
  | { readonly kind: 'active'; readonly reach: Reach }
  /** It could be enforced, but the API server would not have its webhook. */
  | { readonly kind: 'refused'; readonly reach: Reach; readonly message: string };

const WORDS = {
  unscheduled: 'unscheduled',
  scheduled: 'scheduled',
  pending: 'pending',
  refused: 'pending',
  unreachable: 'active',
  active: 'active',
} as const;

/** The status that says so. */
export function policyStatusFor({ metadata, status }: Policy, state: PolicyState, now: Date): PolicyStatus {
  const { generation } = metadata;
  const reach = 'reach' in state ? state.reach : undefined;
  return {
    policyStatus: WORDS[state.kind],
    mode: reach?.mode ?? 'unknown',
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(reach === undefined
      ? {}
      : { servers: serversOf(reach, status?.observedGeneration === generation ? status : undefined) }),
    conditions: conditionsOf(findingsOf(state), status?.conditions, generation, now),
  };
}

/**
 * The counts of a status. Its revision is the one that brought the version: a revision that only changes other objects is no
 * news, or each delivery would write the status of every policy of the server.
 *
 * @param before What is known of this very generation
 */
export function serversOf(
  { ready, total, revision }: Reach,
  before: Pick<PolicyStatus, 'servers'> | undefined,
): NonNullable<PolicyStatus['servers']> {
  const servers = before?.servers;
  const isSame = servers?.ready === ready && servers.total === total && revision !== undefined;
  const since = isSame ? (servers.revision ?? revision) : revision;
  return { ready, total, ...(since === undefined ? {} : { revision: since }) };
}

function findingsOf(state: PolicyState): readonly Finding[] {
  const [reason, message] = activeReason(state);
  const active = { type: 'PolicyActive', status: state.kind === 'active' ? 'True' : 'False', reason, message } as const;
  return 'reach' in state ? [active, ...reachFindings(state.reach)] : [active];
}

function activeReason(state: PolicyState): readonly [reason: string, message: string] {
  switch (state.kind) {
    case 'unscheduled':
      return ['Unscheduled', 'the policy names no policy server'];
    case 'scheduled':
      return state.reason === 'PolicyServerMissing'
        ? [state.reason, `there is no policy server ${state.server}`]
        : [state.reason, `the policy server ${state.server} is being deleted`];
    case 'pending':
      return pendingReason(state.reach, state.isRegistered);
    case 'unreachable':
      return ['PolicyServerUnavailable', `the webhook is registered, but ${countsOf(state.reach)}`];
    case 'refused':
      return ['WebhookRefused', state.message];
    case 'active':
      return ['PolicyActive', `the webhook is registered and served by ${state.reach.ready} pods`];
  }
}

function pendingReason(reach: Reach, isRegistered: boolean): readonly [string, string] {
  const meanwhile = isRegistered ? '; the version before it is enforced meanwhile' : '';
  if (reach.failure !== undefined) return ['PolicyFailed', reach.failure + meanwhile];
  if (reach.trouble !== undefined) return ['PolicyServerFailing', reach.trouble + meanwhile];
  return [isRegistered ? 'Updating' : 'Pending', countsOf(reach) + meanwhile];
}

function countsOf({ ready, total }: Reach): string {
  return total === 0 ? 'no pod of the policy server is ready' : `${ready} of ${total} ready pods serve this version`;
}

function reachFindings(reach: Reach): readonly Finding[] {
  const message = reach.failure ?? countsOf(reach);
  return [
    reach.isServed
      ? finding('PolicyUniquelyReachable', 'True', 'LatestReplicaSetIsUniquelyReachable', countsOf(reach))
      : finding('PolicyUniquelyReachable', 'False', 'LatestReplicaSetIsNotUniquelyReachable', message),
    reach.isServed
      ? finding('PolicyServerConfigurationUpToDate', 'True', 'ConfigurationVersionMatch', 'all ready pods have it')
      : finding('PolicyServerConfigurationUpToDate', 'False', mismatchOf(reach), message),
  ];
}

function mismatchOf({ total }: Reach): string {
  return total === 0 ? 'UnknownConfigurationVersion' : 'ConfigurationVersionMismatch';
}

function finding(type: string, status: 'True' | 'False', reason: string, message: string): Finding {
  return { type, status, reason, message };
}
