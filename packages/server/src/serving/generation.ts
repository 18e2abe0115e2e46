import type {
  AdmissionModule,
  AuthenticationModule,
  AuthorizationModule,
  CallModule,
  GateModule,
} from '@ostiary/policy';
import type { Control } from '@ostiary/sandbox';
import { debugCalls } from './debug-calls.ts';
import { modulesOf, OPERATIONS, type GateName, type GenerationSpec, type ModuleSpec } from '../generation/spec.ts';
import { HELD_LIMIT } from '../idle.ts';
import type { Log } from '../log.ts';
import type { GateMetrics } from '../metrics/gate-metrics.ts';
import { createRunner, type Delegate, type Runner } from './runner.ts';

/** A generation with guests of this thread. */
export interface Generation {
  readonly number: number;
  /** Undefined: the gate is off. */
  readonly authentication: readonly AuthenticationModule[] | undefined;
  readonly authorization: readonly AuthorizationModule[] | undefined;
  readonly admission: readonly AdmissionModule[] | undefined;
  /** Names of modules with `debug: true`: what they write to standard error may go to the log. */
  readonly debugged: ReadonlySet<string>;
  /** What keeps the guests of this thread. */
  readonly runners: readonly Runner[];
}

export interface ThreadContext {
  readonly control: Control;
  readonly delegate: Delegate;
  readonly metrics: GateMetrics;
  readonly log: Log;
}

export function makeGeneration(spec: GenerationSpec, context: ThreadContext): Generation {
  const runners: Runner[] = [];
  let held = 0;
  const make = (gate: GateName, module: ModuleSpec): GateModule => {
    const labels = { gate, module: module.name };
    const runner = createRunner(module, context.control, context.delegate, context.metrics.forModule(labels));
    // With very many modules the rest is made at their first request.
    if (held < HELD_LIMIT) runner.prepare(OPERATIONS[gate]);
    held += runner.heldBytes();
    runners.push(runner);
    const call: CallModule = (operation, input) => runner.run(operation, input);
    const { name, settings, debug } = module;
    return { name, settings, call: debug ? debugCalls(call, labels, context.log) : call };
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
  };
}
