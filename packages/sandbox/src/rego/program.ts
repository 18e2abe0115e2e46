import type { InstanceContext } from '../abi.ts';
import { stop } from '../call-state.ts';
import { BUILTINS } from './builtins/index.ts';
import type { Builtin } from './builtins/builtin.ts';
import { textAt } from './guest-text.ts';
import type { Evaluation } from './evaluation.ts';
import { textOf } from './value/bytes.ts';

/** A started module: what its host functions and its calls need to know. */
export interface Program {
  readonly exports: RegoExports;
  /** The host builtins that it asked for, by the number it gave them. */
  readonly builtins: ReadonlyMap<number, NamedBuiltin>;
  /** Numbers of the entrypoints by name. */
  readonly entrypoints: ReadonlyMap<string, number>;
  /** Where the parsed data document is. */
  readonly data: number;
  /** Of the current call; made when the first builtin is called. */
  evaluation: Evaluation | undefined;
}

export interface NamedBuiltin {
  readonly name: string;
  readonly call: Builtin;
}

/** The exports that `checkShape` has found to be there. */
export interface RegoExports {
  readonly builtins: () => number;
  readonly entrypoints: () => number;
  readonly eval: (context: number) => number;
  readonly opa_malloc: (length: number) => number;
  readonly opa_json_parse: (pointer: number, length: number) => number;
  readonly opa_json_dump: (value: number) => number;
  readonly opa_value_parse: (pointer: number, length: number) => number;
  readonly opa_value_dump: (value: number) => number;
  readonly opa_eval_ctx_new: () => number;
  readonly opa_eval_ctx_set_input: (context: number, value: number) => void;
  readonly opa_eval_ctx_set_data: (context: number, value: number) => void;
  readonly opa_eval_ctx_set_entrypoint: (context: number, entrypoint: number) => void;
  readonly opa_eval_ctx_get_result: (context: number) => number;
}

/** The listings of builtins and entrypoints are lists of names; more than this is no listing. */
const LISTING_LIMIT = 1024 * 1024;

/** What a policy without data is evaluated with. */
const NO_DATA = new TextEncoder().encode('{}');

/**
 * Starts a module: finds out which builtins it wants and which entrypoints it has, and lets it read the data document.
 * All of it becomes part of the snapshot, so that a call only has to read its input.
 */
export function startProgram(exports: RegoExports, context: InstanceContext): Program {
  checkVersion(exports as unknown as WebAssembly.Exports, context);
  const builtins = findBuiltins(listing(context, exports, exports.builtins(), 'builtins'), context);
  const entrypoints = listing(context, exports, exports.entrypoints(), 'entrypoints');
  if (![...entrypoints.values()].includes(0)) stop(context.state, 'guest-error', 'has no entrypoint');
  const data = context.data?.bytes ?? NO_DATA;
  const pointer = put(context, exports, [data], data.length);
  const parsed = exports.opa_json_parse(pointer, data.length);
  if (parsed === 0) stop(context.state, 'guest-error', 'could not read its data document, which is not JSON');
  return { exports, builtins, entrypoints, data: parsed, evaluation: undefined };
}

const ABI_VERSION = 1;

/** Modules from before the version had a number have no such global. */
function checkVersion(exports: WebAssembly.Exports, context: InstanceContext): void {
  const version = exports['opa_wasm_abi_version'];
  if (!(version instanceof WebAssembly.Global) || version.value === ABI_VERSION) return;
  stop(context.state, 'guest-error', `has version ${String(version.value)} of the OPA ABI, expected ${ABI_VERSION}`);
}

function findBuiltins(wanted: ReadonlyMap<string, number>, context: InstanceContext): Map<number, NamedBuiltin> {
  const missing = [...wanted.keys()].filter((name) => !BUILTINS.has(name)).sort();
  if (missing.length > 0) stop(context.state, 'missing-builtin', `Missing Rego builtins: ${missing.join(', ')}`);
  const found = new Map<number, NamedBuiltin>();
  for (const [name, id] of wanted) {
    const call = BUILTINS.get(name);
    if (call) found.set(id, { name, call });
  }
  return found;
}

/** An object of names and numbers, as the module's listings are. */
function listing(
  context: InstanceContext,
  exports: RegoExports,
  value: number,
  what: string,
): ReadonlyMap<string, number> {
  const bytes = textAt(context.memory, exports.opa_json_dump(value), LISTING_LIMIT);
  const parsed = bytes && parseListing(textOf(bytes));
  return parsed ?? stop(context.state, 'guest-error', `does not list its ${what} as an object of numbers`);
}

function parseListing(text: string): ReadonlyMap<string, number> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    const entries: (readonly [string, number])[] = [];
    for (const [name, id] of Object.entries(parsed)) {
      if (typeof id !== 'number' || !Number.isInteger(id)) return undefined;
      entries.push([name, id]);
    }
    return new Map(entries);
  } catch {
    return undefined;
  }
}

/** Copies bytes into memory that the guest gives for them; its address. */
export function put(
  context: InstanceContext,
  exports: Pick<RegoExports, 'opa_malloc'>,
  segments: readonly Uint8Array[],
  length: number,
): number {
  const pointer = exports.opa_malloc(length);
  const target = context.memory.writable(pointer, length);
  if (pointer === 0 || !target) {
    return stop(context.state, 'trap', `gave no memory for ${length} bytes`);
  }
  let at = 0;
  for (const segment of segments) {
    target.set(segment, at);
    at += segment.length;
  }
  return pointer;
}
