import type {
  AdmissionModule,
  AuthenticationModule,
  AuthorizationModule,
  CallModule,
  GateModule,
} from '@ostiary/policy';
import type { Control } from '@ostiary/sandbox';
import { debugCalls } from './debug-calls.ts';
import { OPERATIONS, type GateName, type GenerationSpec, type ModuleSpec } from '../generation/spec.ts';
import type { Log } from '../log.ts';
import type { GateMetrics } from '../metrics/gate-metrics.ts';
import { createRunner, type Delegate } from './runner.ts';

/** A generation with guests of this thread. */
export interface Generation {
  readonly number: number;
  /** Undefined: the gate is off. */
  readonly authentication: readonly AuthenticationModule[] | undefined;
  readonly authorization: readonly AuthorizationModule[] | undefined;
  readonly admission: readonly AdmissionModule[] | undefined;
}

export interface ThreadContext {
  readonly control: Control;
  readonly delegate: Delegate;
  readonly metrics: GateMetrics;
  readonly log: Log;
}

export function makeGeneration(spec: GenerationSpec, context: ThreadContext): Generation {
  const make = (gate: GateName, module: ModuleSpec): GateModule => ({
    name: module.name,
    settings: module.settings,
    call: callOf(gate, module, context),
  });
  return {
    number: spec.number,
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

function callOf(gate: GateName, module: ModuleSpec, context: ThreadContext): CallModule {
  const labels = { gate, module: module.name };
  const runner = createRunner(module, context.control, context.delegate, context.metrics.forModule(labels));
  const call: CallModule = (operation, input) => runner.run(operation, input);
  runner.prepare(OPERATIONS[gate]);
  return module.debug ? debugCalls(call, labels, context.log) : call;
}
