import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type ScalarType = 'i32' | 'i64' | 'f32' | 'f64';

/** `bits` are hexadecimal digits, two for each byte, the most significant first. */
export interface Scalar {
  readonly type: ScalarType | 'i8' | 'i16';
  readonly bits: string;
}

export interface Nan {
  readonly type: 'f32' | 'f64';
  readonly nan: 'canonical' | 'arithmetic';
}

export interface Reference {
  readonly type: 'ref';
  readonly kind: 'null' | 'extern' | 'host' | 'func' | 'any' | 'eq' | 'array' | 'struct' | 'i31';
  /** Which of the host's objects it is. */
  readonly number?: number;
}

export type Value = Scalar | Reference | { readonly type: 'v128'; readonly lanes: readonly Scalar[] };

/** What a result has to be. */
export type Expectation =
  | Scalar
  | Nan
  | Reference
  | { readonly type: 'v128'; readonly lanes: readonly (Scalar | Nan)[] }
  | { readonly type: 'either'; readonly cases: readonly Expectation[] };

/** `id` names an instance; null is the latest one. */
export type Action =
  | { readonly kind: 'invoke'; readonly id: string | null; readonly name: string; readonly arguments: readonly Value[] }
  | { readonly kind: 'get'; readonly id: string | null; readonly name: string }
  | { readonly kind: 'instantiate'; readonly module: string | null };

/** A directive of the script language (WebAssembly specification, interpreter, "Scripts"). */
export type Command = { readonly line: number } & (
  | { readonly kind: 'module' | 'definition'; readonly id: string | null; readonly module: string | null }
  | { readonly kind: 'instance'; readonly id: string | null; readonly of: string | null }
  | { readonly kind: 'register'; readonly id: string | null; readonly as: string }
  | { readonly kind: 'action' | 'assert_exception'; readonly action: Action }
  | { readonly kind: 'assert_return'; readonly action: Action; readonly expected: readonly Expectation[] }
  | { readonly kind: 'assert_trap' | 'assert_exhaustion'; readonly action: Action; readonly message: string }
  | { readonly kind: 'assert_unlinkable'; readonly module: string | null; readonly message: string }
  | { readonly kind: 'assert_invalid' | 'assert_malformed'; readonly module: string; readonly message: string }
  | { readonly kind: 'text' | 'unsupported' }
);

/** One file of the suite. */
export interface Script {
  /** `group/name`: the version of the specification, or the proposal, that the file belongs to. */
  readonly title: string;
  readonly commands: readonly Command[];
  readonly readModule: (file: string) => Uint8Array<ArrayBuffer>;
}

/** A file of the suite that the parser of the text format could not read, with its reason. */
export interface UnreadableScript {
  readonly title: string;
  readonly unreadable: string;
}

interface IndexEntry {
  readonly group: string;
  readonly name: string;
  readonly unreadable?: string;
}

const FOLDER = fileURLToPath(new URL('../../build/spec', import.meta.url));

/** The scripts as `conformance/spec` has written them; each is read when it is asked for. */
export function listScripts(): readonly (UnreadableScript | { readonly title: string; load(): Script })[] {
  return (readJson('index.json') as readonly IndexEntry[]).map(({ group, name, unreadable }) => {
    const title = `${group}/${name}`;
    return unreadable === undefined ? { title, load: () => loadScript(title) } : { title, unreadable };
  });
}

function loadScript(title: string): Script {
  return {
    title,
    commands: readJson(`${title}.json`) as readonly Command[],
    readModule: (file) => new Uint8Array(readFileSync(join(FOLDER, title, file))),
  };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, path), 'utf8'));
}
