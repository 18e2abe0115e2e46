import {
  checkPolicyMetadata,
  gatekeeperData,
  JUDGE_OPERATIONS,
  kindOfMode,
  opaData,
  policySettingsError,
  SETTINGS_OPERATIONS,
  type PolicyKind,
} from '@ostiary/policy';
import { DEFAULT_LIMITS, type AbiName, type CompileOptions, type Outcome } from '@ostiary/sandbox';
import type { PolicyModuleConfig } from '../config/policy-types.ts';
import type { LoadContext } from './context.ts';
import { addGuest, callThenTry, usualMicros } from './guests.ts';
import { imageKeyOf, imageOf } from './images.ts';
import type { OpenedModule } from './module-store.ts';
import { KUBEWARDEN_VERSION, LONGEST_TIMEOUT_MS, type PolicyOptions } from './policy-options.ts';
import { bootFailure, fetchFailure, PolicyFailure } from './policy-failure.ts';
import type { PolicyModuleSpec } from './spec.ts';
import { policyTrial, type Question, type TrialPlan } from './warm.ts';

/** A policy or a member of a group, as it is loaded. */
export interface PolicyUnit {
  /** The policy's id; of members `group/member`. */
  readonly id: string;
  /** How messages about fetching call it; of members `group/#member`. */
  readonly shown: string;
  readonly config: PolicyModuleConfig;
}

const ABIS: Readonly<Record<PolicyKind, AbiName>> = {
  wapc: 'wapc',
  wasi: 'wasi-command',
  opa: 'rego',
  gatekeeper: 'rego',
};

/**
 * Fetches, checks, compiles and tries a policy's module, or takes over the one that serves if it is the same. Throws
 * PolicyFailure with the text that answers its requests.
 */
export async function loadPolicyModule(
  unit: PolicyUnit,
  context: LoadContext,
  plan: TrialPlan,
): Promise<PolicyModuleSpec> {
  const { id, config } = unit;
  checkCapabilities(unit, context.policies);
  const opened = await context.modules.open(config.module).catch((error: unknown) => {
    throw fetchFailure(unit, error);
  });
  const kind = checkedKind(unit, opened);
  const options = compileOptions(kind);
  const imageKey = imageKeyOf(opened.digest, options);
  const timeoutMs = timeoutOf(config, context.policies);
  const { settings, hostCapabilities, contextAwareResources } = config;
  const own = { kind, settings, grants: { hostCapabilities, contextAwareResources } };
  const identity = JSON.stringify(['policy', id, kind, imageKey, settings, timeoutMs, own.grants]);
  const same = context.reusable.take(identity);
  if (same) return { ...same, ...own };
  const trial = policyTrial(kind, settings);
  const image = await imageOf(context.images, imageKey, context.pool, async () => ({
    bytes: await opened.bytes(),
    options,
    trial,
  })).catch((error: unknown) => {
    throw bootFailure(id, error);
  });
  const guest = addGuest(image, timeoutMs, context, dataOf(unit, kind));
  const ask = (question: Question): Promise<Outcome> =>
    callThenTry({ imageKey, settings, guest }, question, trial, context, plan);
  await checkStart(unit, kind, ask, trial);
  const { operation } = trial;
  const module = { name: id, debug: false, digest: opened.digest, imageKey, identity, operation, guest, ...own };
  return { ...module, usualMicros: await usualMicros(module, trial, context, plan) };
}

function checkCapabilities({ id, config }: PolicyUnit, { checkHostCapabilities }: PolicyOptions): void {
  try {
    checkHostCapabilities?.(config.hostCapabilities);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new PolicyFailure(
      'invalid-capability',
      `bootstrap failure: invalid hostCapabilities pattern for policy ${id}: ${cause}`,
    );
  }
}

function checkedKind({ id }: PolicyUnit, { metadata }: OpenedModule): PolicyKind {
  try {
    checkPolicyMetadata(metadata, KUBEWARDEN_VERSION);
  } catch (error) {
    throw bootFailure(id, error);
  }
  return kindOfMode(metadata.executionMode);
}

function compileOptions(kind: PolicyKind): CompileOptions {
  const operations: string[] = [JUDGE_OPERATIONS[kind]];
  if (kind === 'wapc' || kind === 'wasi') operations.push(SETTINGS_OPERATIONS[kind]);
  return { abi: ABIS[kind], operations, memoryBytes: DEFAULT_LIMITS.memoryBytes };
}

function timeoutOf({ timeoutMs }: PolicyModuleConfig, options: PolicyOptions): number {
  return options.timeoutProtection ? (timeoutMs ?? options.timeoutMs) : LONGEST_TIMEOUT_MS;
}

/** What a Rego policy is given beside its input: what it is set to, or with that the objects of the cluster. */
function dataOf({ config }: PolicyUnit, kind: PolicyKind): Parameters<typeof addGuest>[3] {
  if (kind !== 'opa' && kind !== 'gatekeeper') return {};
  const { settings, contextAwareResources } = config;
  if (contextAwareResources.length > 0) return { inventory: { kind, settings } };
  return { data: new TextEncoder().encode(kind === 'opa' ? opaData(settings, undefined) : gatekeeperData(undefined)) };
}

/** Asks the policy about its settings, or, where it can't be asked, whether it starts at all. */
async function checkStart(
  { id, config }: PolicyUnit,
  kind: PolicyKind,
  ask: (question: Question) => Promise<Outcome>,
  trial: Question,
): Promise<void> {
  const error = await policySettingsError(kind, (operation, input) => ask({ operation, input }), config.settings);
  if (error !== undefined) throw new PolicyFailure('invalid-settings', error);
  if (kind !== 'opa' && kind !== 'gatekeeper') return;
  const outcome = await ask(trial);
  if (outcome.ok || outcome.failure.code !== 'missing-builtin') return;
  throw new PolicyFailure(
    'unloadable',
    `WebAssembly failure: cannot rehydrate PolicyEvaluatorPre: ${id}: ${outcome.failure.message}`,
  );
}
