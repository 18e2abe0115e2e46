import type { InstanceContext } from '../abi.ts';
import { stop } from '../call-state.ts';
import { stoppedRun } from '../control.ts';
import { Stop } from '../stop.ts';
import { BuiltinError } from './builtins/builtin.ts';
import { nanoseconds, type Evaluation } from './evaluation.ts';
import { BUILTIN_LIMITS, LimitError } from './limits.ts';
import { textAt } from './guest-text.ts';
import { watched } from './steps.ts';
import { put, type NamedBuiltin, type Program } from './program.ts';
import { bytesOf, textOf } from './value/bytes.ts';
import { formatValue } from './value/format.ts';
import { ParseError, parseValue } from './value/parse.ts';
import type { Value } from './value/value.ts';

/** Bytes of a message of the guest that are kept: it becomes part of another. */
const MESSAGE_LIMIT = 4096;

type RegoFunction = (...args: number[]) => number | void;

/** The imports of module `env` for one instance, but for its memory. */
export function regoFunctions(context: InstanceContext): Record<string, RegoFunction> {
  const message = (pointer = 0): string => {
    const bytes = textAt(context.memory, pointer, MESSAGE_LIMIT);
    return bytes ? new TextDecoder().decode(bytes) : 'with a message that is outside its memory or too long';
  };
  const builtin: RegoFunction = (id = 0, _context = 0, ...args) => callBuiltin(context, id, args);
  return {
    opa_abort: (pointer) => stop(context.state, 'guest-error', `aborted: ${message(pointer)}`),
    opa_println: (pointer) => context.log(message(pointer)),
    opa_builtin0: builtin,
    opa_builtin1: builtin,
    opa_builtin2: builtin,
    opa_builtin3: builtin,
    opa_builtin4: builtin,
  };
}

/** The address of what a builtin answers, 0 when that is undefined. */
function callBuiltin(context: InstanceContext, id: number, args: readonly number[]): number {
  const program = context.rego ?? stop(context.state, 'trap', 'called a builtin before it was started');
  const builtin = program.builtins.get(id) ?? stop(context.state, 'trap', `called the unknown builtin ${id}`);
  program.evaluation ??= evaluationOf(context);
  const { evaluation } = program;
  return watched(evaluation.checkTime, () => {
    const answer = answerOf(context, builtin, () => {
      const values = args.map((pointer) => readValue(context, program, pointer));
      return builtin.call(values, evaluation);
    });
    return answer === undefined ? 0 : writeValue(context, program, answer);
  });
}

/** An error of a builtin ends the call: what a rule would do without the answer is not for the host to decide. */
function answerOf(context: InstanceContext, { name }: NamedBuiltin, run: () => Value | undefined): Value | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof Stop || error instanceof WebAssembly.RuntimeError) throw error;
    if (error instanceof BuiltinError) return stop(context.state, 'guest-error', `${name}: ${error.message}`);
    if (error instanceof LimitError) return stop(context.state, 'guest-error', `${name}: ${error.message}`);
    if (error instanceof ParseError)
      return stop(context.state, 'guest-error', `${name}: an argument is ${error.message}`);
    if (error instanceof RangeError) return stop(context.state, 'guest-error', `${name}: too much for the host`);
    throw error;
  }
}

function readValue(context: InstanceContext, { exports }: Program, pointer: number): Value {
  const text = textAt(context.memory, exports.opa_value_dump(pointer), BUILTIN_LIMITS.characters);
  if (!text) throw new BuiltinError('an argument is outside the memory or too long');
  return parseValue(textOf(text));
}

function writeValue(context: InstanceContext, { exports }: Program, value: Value): number {
  const bytes = bytesOf(formatValue(value));
  const pointer = exports.opa_value_parse(put(context, exports, [bytes], bytes.length), bytes.length);
  return pointer === 0 ? stop(context.state, 'trap', 'could not read the answer of a builtin') : pointer;
}

function evaluationOf(context: InstanceContext): Evaluation {
  return {
    now: nanoseconds(context.wallClock()),
    random: context.random,
    answers: new Map(),
    log: context.log,
    checkTime: () => {
      if (stoppedRun(context.control) !== 0) throw new Stop('stopped in a builtin');
    },
  };
}
