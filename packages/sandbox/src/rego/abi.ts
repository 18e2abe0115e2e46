import type { Abi, InstanceContext } from '../abi.ts';
import { appendOutput, stop } from '../call-state.ts';
import { textAt } from './guest-text.ts';
import { regoFunctions } from './host.ts';
import { put, startProgram, type Program, type RegoExports } from './program.ts';
import { REGO_EXPORTS, REGO_IMPORTS } from './signatures.ts';

/** The operation that means the first entrypoint, as Kubewarden's policies have one; others are named by their path. */
export const EVAL = 'eval';

/**
 * Modules compiled from Rego (`opa build -t wasm`): the host owns the memory, the module evaluates an input against a
 * data document that it was given when it started, and answers with a result set as JSON (contract: policy-server §7.5).
 */
export const rego: Abi = {
  name: 'rego',
  imports: { env: REGO_IMPORTS },
  importsMemory: { module: 'env', name: 'memory' },
  requiredExports: REGO_EXPORTS,
  operationsAreExports: false,
  answersOnStdout: false,
  startsPerOperation: false,
  makeImports: (context) => ({ env: regoFunctions(context) }),
  initialise: (exports, context) => {
    context.rego = startProgram(exports as unknown as RegoExports, context);
  },
  invoke: (_exports, context) => {
    const program = context.rego ?? stop(context.state, 'trap', 'was not started');
    // Time and random numbers are those of this call.
    program.evaluation = undefined;
    const result = evaluate(program, context);
    const bytes = textAt(context.memory, result, context.outputLimit);
    if (!bytes) stop(context.state, 'output-limit', `gave no answer within the limit of ${context.outputLimit} bytes`);
    appendOutput(context.state, bytes, context.outputLimit);
  },
};

/** The address of the result set as JSON text. */
function evaluate(program: Program, context: InstanceContext): number {
  const { exports, data } = program;
  const entrypoint = entrypointOf(program, context);
  const { input } = context.state;
  const length = input.reduce((sum, segment) => sum + segment.length, 0);
  const pointer = put(context, exports, input, length);
  // Not by `opa_eval`, which takes an input that is no JSON for none at all, and evaluates without it.
  const parsed = exports.opa_json_parse(pointer, length);
  if (parsed === 0) stop(context.state, 'guest-error', 'could not read its input, which is not JSON');
  const evaluation = exports.opa_eval_ctx_new();
  exports.opa_eval_ctx_set_input(evaluation, parsed);
  exports.opa_eval_ctx_set_data(evaluation, data);
  exports.opa_eval_ctx_set_entrypoint(evaluation, entrypoint);
  exports.eval(evaluation);
  return exports.opa_json_dump(exports.opa_eval_ctx_get_result(evaluation));
}

function entrypointOf({ entrypoints }: Program, { operation, state }: InstanceContext): number {
  const named = entrypoints.get(operation) ?? (operation === EVAL ? 0 : undefined);
  return named ?? stop(state, 'guest-error', 'has no entrypoint of the name that was asked for');
}
