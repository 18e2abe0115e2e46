import { parseExpression, PolicyError } from '@ostiary/policy';
import type { PoliciesConfig, PolicyConfig, PolicyGroupConfig, SinglePolicyConfig } from '../config/policy-types.ts';
import type { LoadContext } from './context.ts';
import { PolicyFailure, type PolicyFailureCode } from './policy-failure.ts';
import { loadPolicyModule, type PolicyUnit } from './policy-modules.ts';
import type { TrialPlan } from './warm.ts';
import {
  policyError,
  type GenerationSpec,
  type Loaded,
  type PolicyGroupSpec,
  type PolicySpec,
  type SinglePolicySpec,
} from './spec.ts';

/** A policy that can't serve as it is configured now. */
export interface PolicyProblem {
  readonly id: string;
  /** `FILE:LINE:COLUMN` */
  readonly position: string;
  readonly code: PolicyFailureCode;
  readonly message: string;
}

export interface LoadedPolicies {
  readonly policies: ReadonlyMap<string, PolicySpec>;
  readonly problems: readonly PolicyProblem[];
}

/**
 * Loads all policies, in parallel. One that fails is a problem and has its error in place of its module; if an earlier
 * version of it serves, that goes on, and says why the newer one does not.
 */
export async function loadPolicies(
  config: PoliciesConfig,
  serving: GenerationSpec | undefined,
  context: LoadContext,
  plan: TrialPlan,
): Promise<LoadedPolicies> {
  const problems: PolicyProblem[] = [];
  const note = (id: string, position: string, failure: PolicyFailure): void =>
    void problems.push({ id, position, code: failure.code, message: failure.message });
  const loading: Loading = { context, plan, note };
  const loaded = await Promise.all([...config].map(([id, entry]) => loadPolicy(id, entry, loading)));
  return {
    policies: new Map(loaded.map((spec) => [spec.id, keptOr(spec, serving?.policies?.get(spec.id))])),
    problems,
  };
}

interface Loading {
  readonly context: LoadContext;
  readonly plan: TrialPlan;
  readonly note: (id: string, position: string, failure: PolicyFailure) => void;
}

function keptOr(next: PolicySpec, old: PolicySpec | undefined): PolicySpec {
  const error = policyError(next);
  if (error === undefined || old === undefined || policyError(old) !== undefined) return next;
  return { ...old, refused: error };
}

function loadPolicy(id: string, entry: PolicyConfig, loading: Loading): Promise<PolicySpec> {
  return entry.kind === 'policy' ? loadSingle(id, entry, loading) : loadGroup(id, entry, loading);
}

async function loadSingle(id: string, config: SinglePolicyConfig, loading: Loading): Promise<SinglePolicySpec> {
  const { mode, allowedToMutate, message, module: url } = config;
  const loaded = await loadUnit({ id, shown: id, config }, loading);
  return { kind: 'policy', id, mode, allowedToMutate, message, url, loaded };
}

async function loadGroup(id: string, config: PolicyGroupConfig, loading: Loading): Promise<PolicyGroupSpec> {
  const { mode, message } = config;
  const members = await Promise.all(
    [...config.members].map(async ([name, member]) => {
      const unit = { id: `${id}/${name}`, shown: `${id}/#${name}`, config: member };
      return [name, { url: member.module, loaded: await loadUnit(unit, loading) }] as const;
    }),
  );
  return { kind: 'group', id, mode, message, expression: expressionOf(id, config, loading), members: new Map(members) };
}

function expressionOf(id: string, config: PolicyGroupConfig, { note }: Loading): PolicyGroupSpec['expression'] {
  try {
    return { state: 'ready', tree: parseExpression(config.expression, new Set(config.members.keys())) };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    note(id, config.position, new PolicyFailure('invalid-expression', error.message));
    return { state: 'failed', error: error.message };
  }
}

async function loadUnit(unit: PolicyUnit, { context, plan, note }: Loading): Promise<Loaded> {
  try {
    return { state: 'ready', module: await loadPolicyModule(unit, context, plan) };
  } catch (error) {
    if (!(error instanceof PolicyFailure)) throw error;
    note(unit.id, unit.config.position, error);
    return { state: 'failed', error: error.message };
  }
}
