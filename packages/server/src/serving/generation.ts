import type {
  AdmissionModule,
  AuthenticationModule,
  AuthorizationModule,
  CallModule,
  GateModule,
} from '@ostiary/policy';
import type { Control, HostCall } from '@ostiary/sandbox';
import type { Asker, Questioner } from '../hostcalls/contract.ts';
import { debugCalls } from './debug-calls.ts';
import {
  modulesOf,
  type GateModuleSpec,
  type GateName,
  type GenerationSpec,
  type ModuleSpec,
} from '../generation/spec.ts';
import { HELD_LIMIT } from '../idle.ts';
import type { Log } from '../log.ts';
import type { GateMetrics } from '../metrics/gate-metrics.ts';
import { servedPolicies, type ServedPolicies } from './served-policies.ts';
import { createRunner, type Delegate, type Runner } from './runner.ts';

/** A generation with guests of this thread. */
export interface Generation {
  readonly number: number;
  /** Undefined: the gate is off. */
  readonly authentication: readonly AuthenticationModule[] | undefined;
  readonly authorization: readonly AuthorizationModule[] | undefined;
  readonly admission: readonly AdmissionModule[] | undefined;
  /** By id, members by `group/member`; undefined: no policies are served. */
  readonly policies: ServedPolicies | undefined;
  /** Names of modules with `debug: true`: what they write to standard error may go to the log. */
  readonly debugged: ReadonlySet<string>;
  /** What keeps the guests of this thread, by the guests' keys. */
  readonly runners: ReadonlyMap<number, Runner>;
}

export interface ThreadContext {
  readonly control: Control;
  readonly delegate: Delegate;
  readonly metrics: GateMetrics;
  readonly log: Log;
  /** Who answers a policy's host calls; undefined: they are refused. */
  readonly askerOf?: ((questioner: Questioner, log: (call: HostCall) => void) => Asker) | undefined;
  /** Hears what policies log by themselves; undefined: it is dropped. */
  readonly policySays?: ((policy: string, call: HostCall) => void) | undefined;
}

/**
 * Makes the guests of a generation. Those that another generation of the thread has already stay as they are, with
 * what has been learned of them.
 */
export function makeGeneration(
  spec: GenerationSpec,
  context: ThreadContext,
  others: Iterable<Pick<Generation, 'runners'>> = [],
): Generation {
  const runners = runnersOf(spec, context, [...others]);
  const make = (gate: GateName, module: GateModuleSpec): GateModule => {
    if ('error' in module) return { name: module.name, settings: undefined, call: failing(module.error) };
    const { name, settings, debug } = module;
    const runner = runners.get(module.guest.key)!;
    const call: CallModule = (operation, input) => runner.run(operation, input);
    return { name, settings, call: debug ? debugCalls(call, { gate, module: name }, context.log) : call };
  };
  return {
    number: spec.number,
    debugged: new Set(modulesOf(spec).flatMap(({ module }) => (module.debug ? [module.name] : []))),
    runners,
    authentication: spec.authentication?.map((module) => make('authentication', module)),
    authorization: spec.authorization?.map((module) => ({
      ...make('authorization', module),
      failurePolicy: module.failurePolicy,
    })),
    admission: spec.admission?.map((module) => {
      const { type, mutating, rules, failurePolicy } = module;
      return { ...make('admission', module), type, mutating, rules, failurePolicy };
    }),
    policies: spec.policies && servedPolicies(spec.policies, runners, context),
  };
}

/**
 * With more modules than these, each is made ready by its first request on this thread: that takes a few milliseconds, and
 * so does making it ready before, when nobody may ever ask.
 */
const PREPARED_MODULES = 16;

function runnersOf(
  spec: GenerationSpec,
  context: ThreadContext,
  others: readonly Pick<Generation, 'runners'>[],
): Map<number, Runner> {
  const runners = new Map<number, Runner>();
  const modules = modulesOf(spec);
  let held = 0;
  for (const { gate, module } of modules) {
    const { key } = module.guest;
    const kept = others.find((other) => other.runners.has(key))?.runners.get(key);
    const runner = kept ?? newRunner(gate, module, context);
    if (!kept && modules.length <= PREPARED_MODULES && held < HELD_LIMIT) runner.prepare(module.operation);
    held += runner.heldBytes();
    runners.set(key, runner);
  }
  return runners;
}

function newRunner(gate: string, module: ModuleSpec, { control, delegate, metrics }: ThreadContext): Runner {
  return createRunner(module, control, delegate, metrics.forModule({ gate, module: module.name }));
}

/** A module that could not be loaded: its gate treats it as it treats any failure. */
function failing(message: string): CallModule {
  return () => ({ ok: false, micros: 0, failure: { code: 'unavailable', message, stderr: '' } });
}
