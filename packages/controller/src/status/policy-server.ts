import type { PolicyServerStatus } from '../api/policy-server.ts';
import type { Policy, PolicyServer } from '../cluster/objects.ts';
import { conditionsOf, type Finding } from './conditions.ts';

/** One part of a PolicyServer that was to be made: its condition, and why it could not be. */
export interface Step {
  readonly type: string;
  readonly error: string | undefined;
}

export interface PolicyServerFacts {
  readonly steps: readonly Step[];
  /** Of the configuration, once it is written. */
  readonly revision: string | undefined;
  readonly policies: readonly Policy[];
}

/** The status of a PolicyServer (contract: controller §1.3). */
export function policyServerStatusFor(server: PolicyServer, facts: PolicyServerFacts, now: Date): PolicyServerStatus {
  const { generation } = server.metadata;
  const { revision = server.status?.revision } = facts;
  return {
    conditions: conditionsOf(facts.steps.map(findingOf), server.status?.conditions, generation, now),
    policies: countsOf(facts.policies),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(revision === undefined ? {} : { revision }),
  };
}

function findingOf({ type, error }: Step): Finding {
  return error === undefined
    ? { type, status: 'True', reason: 'ReconciliationSucceeded', message: '' }
    : { type, status: 'False', reason: 'ReconciliationFailed', message: error };
}

function countsOf(policies: readonly Policy[]): NonNullable<PolicyServerStatus['policies']> {
  const failed = (policy: Policy): boolean =>
    policy.status?.conditions?.some(({ type, reason }) => type === 'PolicyActive' && FAILURES.has(reason)) === true;
  return {
    total: policies.length,
    active: policies.filter(({ status }) => status?.policyStatus === 'active').length,
    failed: policies.filter(failed).length,
  };
}

const FAILURES: ReadonlySet<string> = new Set(['PolicyFailed', 'PolicyServerFailing', 'WebhookRefused']);
