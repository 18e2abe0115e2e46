import { scan } from './json/scan.ts';
import { foldCase, select } from './json/selection.ts';

/** A module's answer that has the wrong shape. The message names field, expectation and finding, never a value. */
export class ShapeError extends Error {
  readonly code = 'wrong-shape';

  constructor(path: string, expected: string, found: string) {
    super(`${path}: expected ${expected}, found ${found}`);
    this.name = 'ShapeError';
  }
}

/** An object of a module's answer, and the path that leads to it. */
export interface Shape {
  readonly path: string;
  readonly fields: { readonly [name: string]: unknown };
}

const WHOLE = select();

/** The one JSON object that a module's output must be. Throws JsonError or ShapeError. */
export function shapeOf(output: Uint8Array): Shape {
  // The scan bounds the nesting and refuses what JSON.parse would refuse with a message that quotes its input.
  scan(output, WHOLE);
  const value: unknown = JSON.parse(new TextDecoder().decode(output));
  if (!isRecord(value)) throw new ShapeError('output', 'an object', kindOf(value));
  return { path: '', fields: value };
}

/**
 * A field by its name. Go's decoder takes names in any case, so modules may have been written that way: the exact
 * spelling wins; without it, one other spelling counts; two are an error, because taking either would be a guess.
 */
function field(shape: Shape, name: string): unknown {
  if (Object.hasOwn(shape.fields, name)) return shape.fields[name];
  const alike = Object.keys(shape.fields).filter((key) => key.length === name.length);
  if (alike.length === 0) return undefined;
  const spellings = alike.filter((key) => foldCase(key) === foldCase(name));
  if (spellings.length > 1)
    throw new ShapeError(pathOf(shape, name), 'one spelling of the name', `${spellings.length}`);
  return spellings[0] === undefined ? undefined : shape.fields[spellings[0]];
}

/**
 * An object with nothing but its fields of these very names: for answers whose decoder never took other spellings, where
 * taking one would allow what was refused.
 */
export function exactFields({ path, fields }: Shape, ...names: readonly string[]): Shape {
  return {
    path,
    fields: Object.fromEntries(names.flatMap((name) => (Object.hasOwn(fields, name) ? [[name, fields[name]]] : []))),
  };
}

export function pathOf(shape: Shape, name: string): string {
  return shape.path === '' ? name : `${shape.path}.${name}`;
}

// The readers below give undefined for a field that is absent or null, and throw ShapeError for one of another kind.

export function hasField(shape: Shape, name: string): boolean {
  return field(shape, name) !== undefined;
}

export function objectField(shape: Shape, name: string): Shape | undefined {
  const value = field(shape, name) ?? undefined;
  if (value === undefined) return undefined;
  const path = pathOf(shape, name);
  if (!isRecord(value)) throw new ShapeError(path, 'an object', kindOf(value));
  return { path, fields: value };
}

export function stringField(shape: Shape, name: string): string | undefined {
  const value = field(shape, name) ?? undefined;
  if (value !== undefined && typeof value !== 'string')
    throw new ShapeError(pathOf(shape, name), 'a string', kindOf(value));
  return value;
}

export function booleanField(shape: Shape, name: string): boolean | undefined {
  const value = field(shape, name) ?? undefined;
  if (value !== undefined && typeof value !== 'boolean')
    throw new ShapeError(pathOf(shape, name), 'a boolean', kindOf(value));
  return value;
}

/** An integer within the bounds, both inclusive. */
export function integerField(shape: Shape, name: string, least: number, most: number): number | undefined {
  const value = field(shape, name) ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw new ShapeError(pathOf(shape, name), `an integer from ${least} to ${most}`, kindOf(value));
  }
  return value;
}

export function stringsField(shape: Shape, name: string): string[] | undefined {
  const value = field(shape, name) ?? undefined;
  return value === undefined ? undefined : strings(pathOf(shape, name), value);
}

export function objectsField(shape: Shape, name: string): Shape[] | undefined {
  const value = field(shape, name) ?? undefined;
  if (value === undefined) return undefined;
  const path = pathOf(shape, name);
  if (!Array.isArray(value)) throw new ShapeError(path, 'an array of objects', kindOf(value));
  return value.map((item: unknown, index) => {
    if (!isRecord(item)) throw new ShapeError(`${path}[${index}]`, 'an object', kindOf(item));
    return { path: `${path}[${index}]`, fields: item };
  });
}

/** An object whose values are strings, as entries: they carry any name, `__proto__` included. */
export function stringMapField(shape: Shape, name: string): [string, string][] {
  const map = objectField(shape, name);
  if (map === undefined) return [];
  return Object.entries(map.fields).map(([key, value]) => {
    if (typeof value !== 'string') throw new ShapeError(pathOf(map, key), 'a string', kindOf(value));
    return [key, value];
  });
}

/** An object whose values are lists of strings, as entries. */
export function stringListMapField(shape: Shape, name: string): [string, string[]][] {
  const map = objectField(shape, name);
  if (map === undefined) return [];
  return Object.entries(map.fields).map(([key, value]) => [key, strings(pathOf(map, key), value)]);
}

function strings(path: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw new ShapeError(path, 'an array of strings', kindOf(value));
  return value.map((item: unknown, index) => {
    if (typeof item !== 'string') throw new ShapeError(`${path}[${index}]`, 'a string', kindOf(item));
    return item;
  });
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return `the number ${value}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
