import { jsonEqual, weight } from './equal.ts';
import { PatchError } from './error.ts';
import { isObject, type JsonObject, type JsonValue, setMember } from './json.ts';
import { pointerSteps } from './pointer.ts';

/**
 * Values walked or shifted by one patch. An answer of 8 MiB holds some 300,000 operations, each of which could shift an
 * array of a million elements or double the document with `copy`; ten million steps take about 0.1 s.
 */
export const MAX_PATCH_STEPS = 10_000_000;

/** Steps per unit of weight that `copy` adds: what stays in memory and is written out, so 8 MB of text at most. */
const COPY_STEPS = 10;

interface Patching {
  /** The document sits in the one-element array `[document]`, so its root is a member like any other. */
  readonly root: [JsonValue];
  steps: number;
}

/**
 * `document` with the operations of an RFC 6902 patch applied in order, strictly: a path that does not exist, an index
 * that is no index, and a failed `test` are errors, where lenient libraries go on with half a patch. Changes `document`
 * in place and takes the values of `patch` into it: use neither afterwards, error or not. Throws PatchError.
 */
export function applyPatch(document: JsonValue, patch: JsonValue): JsonValue {
  if (!Array.isArray(patch)) throw new PatchError('invalid-patch', 'the patch is not an array of operations');
  const patching: Patching = { root: [document], steps: 0 };
  for (const [index, operation] of patch.entries()) {
    try {
      applyOperation(patching, operation);
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      throw new PatchError(error.code, `operation ${index}: ${error.message}`, { cause: error });
    }
  }
  return patching.root[0];
}

function applyOperation(patching: Patching, operation: JsonValue): void {
  if (!isObject(operation)) throw new PatchError('invalid-patch', 'is not an object');
  const op = text(operation, 'op');
  const path = pointerSteps(text(operation, 'path'));
  switch (op) {
    case 'add':
      return add(patching, path, valueOf(operation));
    case 'remove':
      remove(patching, path);
      return;
    case 'replace':
      return replace(patching, path, valueOf(operation));
    case 'move':
      return move(patching, pointerSteps(text(operation, 'from')), path);
    case 'copy':
      return add(patching, path, copyOf(patching, pointerSteps(text(operation, 'from'))));
    case 'test':
      return test(patching, path, valueOf(operation));
    default:
      throw new PatchError('invalid-patch', 'op is none of add, remove, replace, move, copy, test');
  }
}

function text(operation: JsonObject, name: 'op' | 'path' | 'from'): string {
  const value = Object.hasOwn(operation, name) ? operation[name] : undefined;
  if (typeof value !== 'string') throw new PatchError('invalid-patch', `${name} is not a string`);
  return value;
}

function valueOf(operation: JsonObject): JsonValue {
  if (!Object.hasOwn(operation, 'value')) throw new PatchError('invalid-patch', 'value is missing');
  return operation['value']!;
}

function add(patching: Patching, path: readonly string[], value: JsonValue): void {
  const { parent, key } = locate(patching, path);
  if (Array.isArray(parent)) {
    if (parent === patching.root) patching.root[0] = value;
    else {
      const index = key === '-' ? parent.length : arrayIndex(key, parent.length);
      spend(patching, parent.length - index);
      parent.splice(index, 0, value);
    }
  } else setMember(parent, key, value);
}

function remove(patching: Patching, path: readonly string[]): JsonValue {
  if (path.length === 0) throw new PatchError('missing-path', 'the whole document cannot be removed');
  const { parent, key } = locate(patching, path);
  const value = existing(parent, key);
  if (Array.isArray(parent)) {
    spend(patching, parent.length - Number(key));
    parent.splice(Number(key), 1);
  } else delete parent[key];
  return value;
}

function replace(patching: Patching, path: readonly string[], value: JsonValue): void {
  const { parent, key } = locate(patching, path);
  existing(parent, key);
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else setMember(parent, key, value);
}

function move(patching: Patching, from: readonly string[], path: readonly string[]): void {
  const isPrefix = from.every((step, index) => step === path[index]);
  if (isPrefix && from.length === path.length) {
    valueAt(patching, from);
    return;
  }
  // RFC 6902, section 4.4: the from location must not be a proper prefix of the path.
  if (isPrefix) throw new PatchError('invalid-patch', 'a value cannot move into itself');
  add(patching, path, remove(patching, from));
}

/** A copy that shares nothing, because later operations change the document in place. */
function copyOf(patching: Patching, from: readonly string[]): JsonValue {
  const value = valueAt(patching, from);
  spend(patching, weight(value) * COPY_STEPS);
  return clone(value);
}

function clone(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item) => clone(item));
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) setMember(copy, key, clone(value[key]!));
  return copy;
}

function test(patching: Patching, path: readonly string[], value: JsonValue): void {
  spend(patching, weight(value));
  if (!jsonEqual(valueAt(patching, path), value)) throw new PatchError('test-failed', 'test failed');
}

function valueAt(patching: Patching, path: readonly string[]): JsonValue {
  const { parent, key } = locate(patching, path);
  return existing(parent, key);
}

/** The container of the last step of `path`, and that step. */
function locate(patching: Patching, path: readonly string[]): { parent: JsonValue[] | JsonObject; key: string } {
  const steps = ['0', ...path];
  spend(patching, steps.length);
  const key = steps.pop()!;
  let parent: JsonValue = patching.root;
  for (const step of steps) parent = existing(parent, step);
  if (!Array.isArray(parent) && !isObject(parent)) throw missing();
  return { parent, key };
}

function existing(parent: JsonValue, key: string): JsonValue {
  if (Array.isArray(parent)) return parent[arrayIndex(key, parent.length - 1)]!;
  if (!isObject(parent) || !Object.hasOwn(parent, key)) throw missing();
  return parent[key]!;
}

function missing(): PatchError {
  return new PatchError('missing-path', 'the path does not exist');
}

/** RFC 6901, section 4: digits without a leading zero. `-` is no element, and there are no negative indices. */
function arrayIndex(key: string, last: number): number {
  if (!/^(?:0|[1-9]\d{0,14})$/.test(key) || Number(key) > last) throw missing();
  return Number(key);
}

function spend(patching: Patching, steps: number): void {
  patching.steps += steps;
  if (patching.steps > MAX_PATCH_STEPS) {
    throw new PatchError('too-costly', `the patch takes more than ${MAX_PATCH_STEPS} steps`);
  }
}
