import type { ImportText, ValueType } from '../../src/assemble/index.ts';

/**
 * What an asking guest does is its input, a list of steps: it asks its host, logs, and in the end answers with all
 * replies in a row. A refusal ends it, with the refusal's text as its error.
 */
export type Step =
  /** Asks `kubewarden`/`kubernetes`/`ask` with this text, of 1 to 250 characters. */
  | { readonly ask: string }
  /** The same, and what is replied is not fetched. */
  | { readonly askInVain: string }
  /** Logs one character by `kubewarden`/`tracing`/`log`. */
  | { readonly log: string }
  /** Appends 8 random bytes to the answer. */
  | 'random'
  /** Appends the wall clock's 8 bytes, nanoseconds, little-endian. */
  | 'clock'
  /** Does not come to an end. */
  | 'spin';

/** The first byte of steps that ask nothing; a length else. */
export const CODES = { spin: 0, askInVain: 251, random: 252, clock: 253, log: 255 } as const;

/** The steps as the guests read them. */
export function program(...steps: readonly Step[]): Uint8Array {
  return Uint8Array.from(steps.flatMap(encode));
}

function encode(step: Step): readonly number[] {
  if (typeof step === 'string') return [CODES[step]];
  if ('log' in step) return [CODES.log, ...utf8.encode(step.log)];
  if ('ask' in step) return counted(step.ask);
  return [CODES.askInVain, ...counted(step.askInVain)];
}

function counted(text: string): readonly number[] {
  return [text.length, ...utf8.encode(text)];
}

const utf8 = new TextEncoder();
const I32: ValueType = 'i32';

/** Where things lie in the guests' memory, below the input. */
export const AT = { names: 1024, iovec: 64, count: 80, input: 4096, error: 65_536, output: 131_072 } as const;
/** Binding, namespaces and operations, one after the other at {@link AT.names}. */
export const NAMES = 'kubewardenkubernetesasktracinglog';

/** Pushes binding, namespace and operation of a question or of a log line. */
export function pushNames(kind: 'ask' | 'log'): string {
  const [namespace, operation] = kind === 'ask' ? ['kubernetes', 'ask'] : ['tracing', 'log'];
  return ['kubewarden', namespace, operation].map((name) => push(AT.names + NAMES.indexOf(name!), name!.length)).join(' ');
}

export function push(...values: readonly number[]): string {
  return values.map((value) => `i32.const ${value}`).join(' ');
}

export function hostFunction(module: string, name: string, params: number, results: number): ImportText {
  const types = (count: number): ValueType[] => Array<ValueType>(count).fill(I32);
  return { module, name, function: { params: types(params), results: types(results) } };
}

/** A step's byte is in `$n`, its place in `$at`; `body` must leave `$at` behind the step. */
export function whenStep(code: number, body: string): string {
  return `local.get $n i32.const ${code} i32.eq if ${body} br 2 end`;
}

export const NEXT = (bytes: number): string => `local.get $at i32.const ${bytes} i32.add local.set $at`;
export const LOCALS = { at: I32, end: I32, n: I32, out: I32, got: I32 } as const;

/** Runs `steps` for each step from `$at` to `$end`. */
export function eachStep(steps: string): string {
  return `loop local.get $at local.get $end i32.lt_u if
    local.get $at i32.load8_u local.set $n ${steps} end end`;
}
