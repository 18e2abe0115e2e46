import { isRecord, type JsonRecord } from '../record.ts';
import { FakeStatus } from './status.ts';

/** JSON Merge Patch (RFC 7386). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

/** As much of JSON Patch (RFC 6902) as tests need: add, replace, remove, test. */
export function jsonPatch(target: JsonRecord, operations: unknown): JsonRecord {
  const result = structuredClone(target);
  if (!Array.isArray(operations)) throw new FakeStatus(400, 'BadRequest', 'a JSON patch is a list');
  for (const operation of operations)
    applyOperation(result, operation as { op: string; path: string; value?: unknown });
  return result;
}

function applyOperation(root: JsonRecord, { op, path, value }: { op: string; path: string; value?: unknown }): void {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  let parent: unknown = root;
  for (const key of keys) parent = (parent as Record<string, unknown> | undefined)?.[key];
  if (typeof parent !== 'object' || parent === null) throw new FakeStatus(422, 'Invalid', `no parent of ${path}`);
  const container = parent as Record<string, unknown>;
  if (op === 'test') {
    if (JSON.stringify(container[last]) !== JSON.stringify(value))
      throw new FakeStatus(422, 'Invalid', `test of ${path} failed`);
  } else if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    parent.splice(index, op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value]));
  } else if (op === 'remove') delete container[last];
  else container[last] = value;
}

/** Which manager applied which leaves of an object, as JSON texts of their paths. */
export type Ownership = Map<string, Set<string>>;

/**
 * A small server-side apply: leaves are owned by their manager, lists count as leaves, fields that a manager no longer
 * applies go unless another owns them, and a leaf of another manager with another value is a conflict.
 */
export function serverSideApply(
  before: JsonRecord,
  applied: JsonRecord,
  manager: string,
  force: boolean,
  owners: Ownership,
): JsonRecord {
  const leaves = leavesOf(applied);
  const conflicts: string[] = [];
  for (const [path, value] of leaves) {
    if (JSON.stringify(valueAt(before, path)) === JSON.stringify(value)) continue;
    for (const [other, owned] of owners) if (other !== manager && owned.has(path)) conflicts.push(`${other}: ${path}`);
  }
  if (conflicts.length > 0 && !force) {
    const causes = conflicts.map((message) => ({
      reason: 'FieldManagerConflict',
      field: message.slice(message.indexOf(' ') + 1),
      message,
    }));
    throw new FakeStatus(
      409,
      'Conflict',
      `Apply failed with ${conflicts.length} conflicts: ${conflicts.join('; ')}`,
      causes,
    );
  }
  const result = mergePatch(structuredClone(before), applied) as Record<string, unknown>;
  for (const [other, owned] of owners)
    if (other !== manager)
      for (const path of leaves.keys()) {
        if (JSON.stringify(valueAt(before, path)) !== JSON.stringify(leaves.get(path))) owned.delete(path);
      }
  for (const path of owners.get(manager) ?? []) {
    const elsewhere = owners.entries().some(([other, owned]) => other !== manager && owned.has(path));
    if (!leaves.has(path) && !elsewhere) removeAt(result, path);
  }
  owners.set(manager, new Set(leaves.keys()));
  return result;
}

function leavesOf(value: unknown, path: readonly string[] = []): Map<string, unknown> {
  if (!isRecord(value) || (path.length > 0 && Object.keys(value).length === 0))
    return new Map([[JSON.stringify(path), value]]);
  const entries = Object.entries(value).filter(
    ([name]) => path.length > 0 || (name !== 'apiVersion' && name !== 'kind'),
  );
  return new Map(
    entries
      .filter(([name]) => path[0] !== 'metadata' || path.length > 1 || (name !== 'name' && name !== 'namespace'))
      .flatMap(([name, child]) => [...leavesOf(child, [...path, name])]),
  );
}

function valueAt(root: unknown, path: string): unknown {
  return (JSON.parse(path) as string[]).reduce<unknown>(
    (value, key) => (isRecord(value) ? value[key] : undefined),
    root,
  );
}

function removeAt(root: Record<string, unknown>, path: string): void {
  const keys = JSON.parse(path) as string[];
  const last = keys.pop() ?? '';
  const parent = valueAt(root, JSON.stringify(keys));
  if (isRecord(parent)) delete (parent as Record<string, unknown>)[last];
}
