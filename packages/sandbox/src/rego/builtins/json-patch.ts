import { within } from '../limits.ts';
import { equal } from '../value/compare.ts';
import { get, has, objectOf, setOf } from '../value/collections.ts';
import { integerOf } from '../value/number.ts';
import { isArray, isObject, isSet, typeOf, type RegoNumber, type RegoObject, type Value } from '../value/value.ts';
import { BuiltinError, operands, type Family } from './builtin.ts';

/** A patch, RFC 6902 with OPA's additions: paths may be arrays of keys, documents may hold sets. */
export const jsonPatch: Family = {
  'json.patch': (args, { checkTime }) => {
    const { value, array } = operands(args);
    const budget = { copied: 0 };
    const document = array(2).reduce<Value | undefined>((current, operation) => {
      checkTime();
      return apply(current, operation, budget);
    }, value(1));
    if (document === undefined) throw new BuiltinError('the patch removes the whole document');
    return document;
  },
};

type Path = readonly Value[];

/** Nodes that have been copied. Copies share their parts, so that copies of copies cost nothing until they are written. */
interface Budget {
  copied: number;
}

function apply(document: Value | undefined, operation: Value, budget: Budget): Value | undefined {
  if (!isObject(operation)) throw new BuiltinError('a patch must be an array of objects');
  const path = pathOf(member(operation, 'path'));
  const op = member(operation, 'op');
  if (typeof op !== 'string') throw new BuiltinError("attribute 'op' must be a string");
  switch (op) {
    case 'add':
      return insert(document, path, member(operation, 'value'));
    case 'remove':
      return remove(document, path);
    case 'replace':
      return insert(remove(document, path), path, member(operation, 'value'));
    case 'move': {
      const from = pathOf(member(operation, 'from'));
      const moved = find(document, from);
      return insert(remove(document, from), path, moved);
    }
    case 'copy': {
      const copied = find(document, pathOf(member(operation, 'from')));
      count(copied, budget);
      return insert(document, path, copied);
    }
    case 'test':
      if (!equal(find(document, path), member(operation, 'value')))
        throw new BuiltinError('a test of the patch failed');
      return document;
    default:
      throw new BuiltinError('unrecognized operation');
  }
}

function count(value: Value, budget: Budget): void {
  within(++budget.copied, 'copiedNodes');
  if (isArray(value)) for (const item of value) count(item, budget);
  else if (isSet(value)) for (const item of value.members) count(item, budget);
  else if (isObject(value)) for (const [, item] of value.entries) count(item, budget);
}

function member(operation: RegoObject, name: string): Value {
  const found = get(operation, name);
  if (found === undefined) throw new BuiltinError(`missing required attribute '${name}'`);
  return found;
}

function pathOf(value: Value): Path {
  if (isArray(value)) return value;
  if (typeof value !== 'string') throw new BuiltinError('a path must be a string or an array');
  if (value === '') return [];
  const segments = value.replace(/^\/+/, '').split('/');
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function missing(): BuiltinError {
  return new BuiltinError('a path of the patch leads nowhere');
}

function find(document: Value | undefined, path: Path): Value {
  if (document === undefined) throw missing();
  const [key, ...rest] = path;
  return key === undefined ? document : find(child(document, key), rest);
}

function child(parent: Value, key: Value): Value {
  if (isObject(parent)) {
    const found = get(parent, key);
    if (found !== undefined) return found;
  }
  if (isSet(parent) && has(parent, key)) return key;
  if (isArray(parent)) {
    const found = parent[indexOf(parent, key)];
    if (found !== undefined) return found;
  }
  throw missing();
}

/** Puts another value in the place of a child. */
function withChild(parent: Value, key: Value, value: Value): Value {
  if (isObject(parent)) return objectOf([...parent.entries, [key, value]]);
  if (isSet(parent)) return setOf([...parent.members.filter((item) => !equal(item, key)), value]);
  if (isArray(parent)) return parent.with(indexOf(parent, key), value);
  throw missing();
}

function insert(document: Value | undefined, path: Path, value: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (document === undefined) throw missing();
  if (rest.length > 0) return withChild(document, key, insert(child(document, key), rest, value));
  if (isObject(document)) return objectOf([...document.entries, [key, value]]);
  if (isSet(document)) {
    if (!equal(key, value)) throw new BuiltinError('the key of a set must equal the value to be inserted');
    return setOf([...document.members, value]);
  }
  if (!isArray(document)) throw missing();
  const index = indexOf(document, key);
  if (index > document.length) throw missing();
  return document.toSpliced(index, 0, value);
}

function remove(document: Value | undefined, path: Path): Value | undefined {
  const [key, ...rest] = path;
  if (document === undefined) throw missing();
  if (key === undefined) return undefined;
  const found = child(document, key);
  if (rest.length > 0) return withChild(document, key, remove(found, rest) ?? null);
  if (isObject(document)) return objectOf(document.entries.filter(([name]) => !equal(name, key)));
  if (isSet(document)) return setOf(document.members.filter((item) => !equal(item, key)));
  if (isArray(document)) return document.toSpliced(indexOf(document, key), 1);
  throw missing();
}

/** `-` is behind the last. */
function indexOf(array: readonly Value[], key: Value): number {
  if (key === '-') return array.length;
  const text = typeof key === 'string' ? key : typeOf(key) === 'number' ? (key as RegoNumber).text : '';
  const index = typeof key === 'string' && !/^(?:0|[1-9]\d*)$/.test(text) ? undefined : integerOf(text);
  if (index === undefined || index < 0n || index > BigInt(array.length)) throw missing();
  return Number(index);
}
