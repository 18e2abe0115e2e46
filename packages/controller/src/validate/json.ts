/** JSON as it arrives, from whoever may write to the API server: read without trusting any of its shapes. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own member of an object; undefined for everything else. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const name of path) {
    if (!isObject(current) || !Object.hasOwn(current, name)) return undefined;
    current = current[name];
  }
  return current ?? undefined;
}

/** A text; "" for everything else, which is how the API server reads a missing one. */
export function text(value: unknown, ...path: readonly string[]): string {
  const found = member(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function integer(value: unknown, ...path: readonly string[]): number | undefined {
  const found = member(value, ...path);
  return typeof found === 'number' && Number.isInteger(found) ? found : undefined;
}

/** A list; empty for everything else. */
export function list(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = member(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The texts of a list; "" stands for what is no text, so that positions stay. */
export function texts(value: unknown, ...path: readonly string[]): readonly string[] {
  return list(value, ...path).map((item) => text(item));
}

/** Own members of an object; none of everything else. */
export function entries(value: unknown, ...path: readonly string[]): readonly (readonly [string, unknown])[] {
  const found = member(value, ...path);
  return isObject(found) ? Object.entries(found) : [];
}

/** Levels that two specs are compared to; what nests deeper counts as changed. */
const MAX_DEPTH = 200;

export function sameJson(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index], depth + 1));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name], depth + 1))
  );
}
