import { functionType, HOST_MODULE, SNAPSHOT_EXPORTS, type FunctionType, type GlobalType } from '@ostiary/wasm';
import { functionAdapter, globalAdapter, isAdaptable, SLOT } from './adapter.ts';
import type { Prepared } from './prepare.ts';
import type { Value } from './script.ts';
import { fromJavaScript, toBytes, toDigits, toJavaScript, type Result } from './values.ts';

/** An instance, and how its exports are used without losing a bit. */
export interface Live {
  readonly prepared: Prepared;
  readonly exports: WebAssembly.Exports;
  /** Adapters by the name of the export. */
  readonly adapters: Map<string, () => void>;
  /** Whether other guests share its state or are called by it. */
  linked: boolean;
}

interface Pages {
  /** The control page of all instances; it is never written: no guest is to stop here. */
  readonly control: WebAssembly.Memory;
  /** What all adapters exchange values through. */
  readonly io: WebAssembly.Memory;
}

let pages: Pages | undefined;

function thePages(): Pages {
  pages ??= {
    control: new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }),
    io: new WebAssembly.Memory({ initial: 1, maximum: 1 }),
  };
  return pages;
}

const modules = new Map<string, WebAssembly.Module>();

/** Instantiates as the host of a rewritten module does (`@ostiary/wasm`, README). Throws what the engine throws. */
export function instantiate(prepared: Prepared, guestImports: WebAssembly.Imports): Live {
  const { memory } = prepared.rewritten ?? {};
  const host: WebAssembly.ModuleImports = { control: thePages().control };
  if (memory?.module === HOST_MODULE) host[memory.name] = new WebAssembly.Memory(memory.limits);
  const imports = prepared.rewritten ? { ...guestImports, [HOST_MODULE]: host } : guestImports;
  const { exports } = new WebAssembly.Instance(prepared.compiled, imports);
  return { prepared, exports, adapters: new Map(), linked: false };
}

export function hasSnapshot({ exports }: Live): boolean {
  return Object.hasOwn(exports, SNAPSHOT_EXPORTS.save);
}

/** Calls an export; throws what the guest throws. */
export function invoke(live: Live, name: string, values: readonly Value[]): Result[] {
  const target = live.exports[name];
  if (typeof target !== 'function') throw new TypeError(`no function ${name} is exported`);
  const type = typeOfFunction(live, name);
  const run = type && isAdaptable([...type.params, ...type.results]) ? adapterOf(live, name, type) : undefined;
  if (!type || !run) {
    const result: unknown = Reflect.apply(target, undefined, values.map(toJavaScript));
    const results = type?.results ?? (result === undefined ? [] : ['unknown']);
    const list = results.length === 1 ? [result] : [...((result ?? []) as Iterable<unknown>)];
    return list.map((value, place) => fromJavaScript(value, results[place]!));
  }
  const bytes = new Uint8Array(thePages().io.buffer);
  values.forEach((value, place) => {
    if (value.type !== 'ref') bytes.set(toBytes(value), place * SLOT);
  });
  run();
  return type.results.map((result, place) => ({ type: result, text: slot(place, result) }));
}

/** The content of an exported global. */
export function readGlobal(live: Live, name: string, type: GlobalType): Result {
  const target = live.exports[name];
  if (!(target instanceof WebAssembly.Global)) throw new TypeError(`no global ${name} is exported`);
  if (!isAdaptable([type.value])) return fromJavaScript(target.value, type.value);
  let run = live.adapters.get(name);
  if (!run) {
    const module = cached(`global ${type.value} ${type.mutable}`, () => globalAdapter(type));
    run = link(module, target);
    live.adapters.set(name, run);
  }
  run();
  return { type: type.value, text: slot(0, type.value) };
}

/** The type of an exported global, as the module declares it. */
export function typeOfGlobal({ prepared: { declared } }: Live, name: string): GlobalType | undefined {
  const entry = declared?.exports.find((one) => one.name === name && one.kind === 'global');
  return entry && declared?.globals[entry.index];
}

function typeOfFunction({ prepared: { declared } }: Live, name: string): FunctionType | undefined {
  const entry = declared?.exports.find((one) => one.name === name && one.kind === 'function');
  return entry && declared && functionType(declared, entry.index);
}

/** Undefined for a function whose type is a member of a group: what an adapter imports never is. */
function adapterOf(live: Live, name: string, type: FunctionType): (() => void) | undefined {
  const known = live.adapters.get(name);
  if (known) return known;
  const module = cached(`${type.params.join()} ${type.results.join()}`, () => functionAdapter(type));
  try {
    const run = link(module, live.exports[name]!);
    live.adapters.set(name, run);
    return run;
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) return undefined;
    throw error;
  }
}

function cached(key: string, make: () => WebAssembly.Module): WebAssembly.Module {
  const known = modules.get(key);
  if (known) return known;
  const module = make();
  modules.set(key, module);
  return module;
}

function link(module: WebAssembly.Module, entry: WebAssembly.ExportValue): () => void {
  const { exports } = new WebAssembly.Instance(module, { guest: { entry }, io: { memory: thePages().io } });
  return exports['run'] as () => void;
}

function slot(place: number, type: string): string {
  const size = type === 'v128' ? 16 : type.endsWith('32') ? 4 : 8;
  return toDigits(new Uint8Array(thePages().io.buffer, place * SLOT, size));
}
