import {
  BodyError,
  judge,
  payloadOf,
  policySettingsError,
  readPolicyRequest,
  readRawRequest,
  type Constraints,
  type Judge,
  type PolicyRequest,
  type PolicyResponse,
} from '@ostiary/policy';
import type { Control } from '@ostiary/sandbox';
import { bodyOf, type Subject } from '../request/subject.ts';
import { converse } from './converse.ts';
import { EvaluateError } from './errors.ts';
import { loadGuest, type LoadedGuest, type SnapshotMode } from './guest.ts';
import type { Conversed, Exchange, Grants, World } from './host.ts';
import type { ModuleNature } from './mode.ts';

/** Long enough for a guest that asks registries on another continent; a server gives 2 s. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** A module and what it is configured with. */
export interface PolicyDefinition {
  /** How messages call it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly nature: Extract<ModuleNature, { readonly family: 'policy' }>;
  /** JSON text of an object. */
  readonly settings: string;
  readonly grants: Grants;
}

/** Where policies run. */
export interface EvaluateOptions {
  readonly control: Control;
  readonly world: World;
  /** Of one request, in milliseconds; default {@link DEFAULT_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
  /** In bytes; default: a server's. */
  readonly memoryBytes?: number;
  readonly snapshot?: SnapshotMode;
}

/** What came along with a verdict. */
export interface Trace {
  /** Standard error of a run that failed. */
  readonly stderr: string;
  /** What the policy logged. */
  readonly logs: readonly string[];
  readonly exchanges: readonly Exchange[];
  /** Run time of its last run, in microseconds. */
  readonly micros: number;
}

/** What a policy said of one request. */
export interface Evaluation extends Trace {
  readonly response: PolicyResponse;
  /** Why the response is not the policy's own: it gave none that can be used. */
  readonly failure: string | undefined;
}

/** A policy that can be asked. */
export interface LoadedPolicy extends LoadedGuest {
  readonly definition: PolicyDefinition;
  /** Runs an operation with the world's answers. Never rejects. */
  readonly ask: (operation: string, input: readonly Uint8Array[]) => Promise<Conversed>;
  /** Why its settings can't be used; undefined when they can. Asked anew each time. */
  settingsError(): Promise<string | undefined>;
  evaluate(request: PolicyRequest): Promise<Evaluation>;
}

/** Compiles a policy and gets what it wants to know of the cluster. Throws EvaluateError. */
export async function loadPolicy(definition: PolicyDefinition, options: EvaluateOptions): Promise<LoadedPolicy> {
  const { name, bytes, nature, settings, grants } = definition;
  const { control, world, timeoutMs = DEFAULT_TIMEOUT_MS, memoryBytes, snapshot } = options;
  const { kind } = nature;
  const isRego = kind === 'opa' || kind === 'gatekeeper';
  const loaded = loadGuest(bytes, nature, {
    control,
    timeoutMs,
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(snapshot !== undefined && { snapshot }),
    ...(isRego && { data: await world.inventory(kind, settings, grants) }),
  });
  const ask: LoadedPolicy['ask'] = (operation, input) =>
    converse(world, { policy: name, grants }, timeoutMs, (calls) => loaded.guest.call(operation, input, calls));
  return {
    ...loaded,
    definition,
    ask,
    settingsError: () =>
      policySettingsError(kind, async (operation, input) => (await ask(operation, input)).outcome, settings),
    async evaluate(request) {
      const talks: Conversed[] = [];
      const { response, failure } = await judge(judgeOf({ definition, ask }, talks), request);
      return { response, failure, ...traceOf(talks) };
    },
  };
}

/** A policy as a judge, which puts how it went into `talks`. */
export function judgeOf({ definition, ask }: Pick<LoadedPolicy, 'definition' | 'ask'>, talks: Conversed[]): Judge {
  const { nature, settings } = definition;
  return {
    kind: nature.kind,
    payload: payloadOf(nature.kind, settings),
    call: async (operation, input) => {
      const talk = await ask(operation, input);
      talks.push(talk);
      return talk.outcome;
    },
  };
}

export function traceOf(talks: readonly Conversed[]): Trace {
  const decoder = new TextDecoder();
  return {
    stderr: talks
      .map(({ outcome }) => (outcome.ok ? '' : outcome.failure.stderr.trimEnd()))
      .filter((text) => text !== '')
      .join('\n'),
    logs: talks.flatMap(({ said }) => said.map(({ payload }) => decoder.decode(payload))),
    exchanges: talks.flatMap(({ exchanges }) => exchanges),
    micros: talks.reduce((sum, { outcome }) => sum + outcome.micros, 0),
  };
}

/** Throws EvaluateError `invalid-settings` when a policy does not take its settings. */
export async function checkSettings(policy: LoadedPolicy): Promise<void> {
  const error = await policy.settingsError();
  if (error === undefined) return;
  const cause = error.replace(/^Policy settings are invalid: /, '');
  throw new EvaluateError('invalid-settings', `Provided settings are not valid: ${cause}`);
}

/** The request of a subject as policies read it. Throws EvaluateError `wrong-request`. */
export function requestOf(subject: Subject): PolicyRequest {
  const body = bodyOf(subject);
  try {
    return subject.kind === 'raw' ? readRawRequest(body) : readPolicyRequest(body);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    const cause = error.message.replace(/^Failed to [^:]*: (?:request: )?/, '');
    throw new EvaluateError(
      'wrong-request',
      `${subject.source}: cannot build AdmissionRequest object from given input: ${cause}`,
      { cause: error },
    );
  }
}

/** What a single policy of the command line may do: all that it asks for. */
export const UNCONSTRAINED: Constraints = {
  id: 'policy-from-cli',
  mode: 'protect',
  allowedToMutate: true,
  message: undefined,
};
