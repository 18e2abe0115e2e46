import { encodeBody, type Names } from './body.ts';
import { name, section, sized, unsigned, vector, type Bytes } from './bytes.ts';
import {
  encodeLimits,
  encodeType,
  encodeValueType,
  type LimitsText,
  type Signature,
  type TypeText,
  type ValueType,
} from './types.ts';

/** A module written down: instructions as text, everything else as data. Names are unique in their kind. */
export interface ModuleText {
  /** Types that instructions name; signatures of functions need no entry. */
  readonly types?: Readonly<Record<string, TypeText>>;
  readonly imports?: readonly ImportText[];
  readonly functions?: readonly FunctionText[];
  readonly tables?: readonly LimitsText[];
  readonly memories?: readonly LimitsText[];
  readonly tags?: Readonly<Record<string, Signature>>;
  /** Mutable globals with their initial value as an instruction. */
  readonly globals?: Readonly<Record<string, { readonly type: ValueType; readonly init: string }>>;
  /** Exports of things other than functions: the first memory under this name. */
  readonly memoryExport?: string;
  readonly start?: string;
  /** Functions that fill table 0 from its first element on. */
  readonly elements?: readonly string[];
  readonly data?: readonly { readonly offset: number; readonly text: string }[];
}

export interface ImportText {
  readonly module: string;
  /** What instructions call it too. */
  readonly name: string;
  readonly function?: Signature;
  readonly memory?: LimitsText;
}

export interface FunctionText {
  readonly name: string;
  /** Name of the export; a function without one is internal. */
  readonly export?: string;
  readonly params?: Readonly<Record<string, ValueType>>;
  readonly results?: readonly ValueType[];
  readonly locals?: Readonly<Record<string, ValueType>>;
  readonly body: string;
}

/**
 * Assembles the module's binary. It is not validated: hostile modules are wanted.
 *
 * @throws {Error} When the text names something unknown.
 */
export function assemble(text: ModuleText): Uint8Array<ArrayBuffer> {
  const { imports = [], functions = [], tables = [], memories = [], tags = {}, globals = {}, data = [] } = text;
  const imported = imports.filter((each) => each.function);
  const types = typesOf(text, imported);
  const typeNames = Object.keys(types);
  const scope = {
    globals: Object.keys(globals),
    functions: [...imported, ...functions].map((each) => each.name),
    types: typeNames,
    tags: Object.keys(tags),
  };
  const bytes = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(
      1,
      Object.values(types).map((type) => encodeType(type, typeNames)),
    ),
    section(
      2,
      imports.map((each) => encodeImport(each, typeNames)),
    ),
    section(
      3,
      functions.map((each) => typeIndex(each.name, typeNames)),
    ),
    section(
      4,
      tables.map((limits) => [0x70, ...encodeLimits(limits)]),
    ),
    section(5, memories.map(encodeLimits)),
    section(
      13,
      scope.tags.map((tag) => [0, ...unsigned(typeNames.indexOf(`tag ${tag}`))]),
    ),
    section(
      6,
      Object.values(globals).map(({ type, init }) => [
        ...encodeValueType(type, typeNames),
        1,
        ...encodeBody(init, { ...scope, locals: [] }),
      ]),
    ),
    section(7, exportsOf(text, scope.functions)),
    text.start === undefined ? [] : sized(8, unsigned(scope.functions.indexOf(text.start))),
    section(9, elementsOf(text.elements ?? [], scope.functions)),
    section(
      10,
      functions.map((each) => encodeFunction(each, scope)),
    ),
    section(
      11,
      data.map(({ offset, text }) => [
        0,
        ...encodeBody(`i32.const ${offset}`, { ...scope, locals: [] }),
        ...name(text),
      ]),
    ),
  ];
  return new Uint8Array(bytes.flat());
}

/** Each function has a type of its own name: repeated types are harmless and need no search. */
function typesOf(text: ModuleText, imported: readonly ImportText[]): Record<string, TypeText> {
  const own = (text.functions ?? []).map(({ name, params, results }) => [
    `function ${name}`,
    { params: Object.values(params ?? {}), ...(results && { results }) },
  ]);
  return {
    ...text.types,
    ...Object.fromEntries(imported.map((each) => [`function ${each.name}`, each.function])),
    ...Object.fromEntries(own),
    ...Object.fromEntries(Object.entries(text.tags ?? {}).map(([tag, type]) => [`tag ${tag}`, type])),
  };
}

function typeIndex(functionName: string, typeNames: readonly string[]): Bytes {
  return unsigned(typeNames.indexOf(`function ${functionName}`));
}

function encodeImport(each: ImportText, typeNames: readonly string[]): Bytes {
  const what = each.memory ? [2, ...encodeLimits(each.memory)] : [0, ...typeIndex(each.name, typeNames)];
  return [...name(each.module), ...name(each.name), ...what];
}

function exportsOf(text: ModuleText, functionNames: readonly string[]): Bytes[] {
  const exported = (text.functions ?? []).filter((each) => each.export !== undefined);
  const functions = exported.map((each) => [...name(each.export!), 0, ...unsigned(functionNames.indexOf(each.name))]);
  return text.memoryExport === undefined ? functions : [...functions, [...name(text.memoryExport), 2, 0]];
}

function elementsOf(elements: readonly string[], functionNames: readonly string[]): Bytes[] {
  if (elements.length === 0) return [];
  return [[0, 0x41, 0, 0x0b, ...vector(elements.map((each) => unsigned(functionNames.indexOf(each))))]];
}

function encodeFunction(each: FunctionText, scope: Omit<Names, 'locals'>): Bytes {
  const locals = Object.values(each.locals ?? {}).map((type) => [1, ...encodeValueType(type, scope.types)]);
  const names = [...Object.keys(each.params ?? {}), ...Object.keys(each.locals ?? {})];
  const code = [...vector(locals), ...encodeBody(each.body, { ...scope, locals: names })];
  return [...unsigned(code.length), ...code];
}
