// Reads JSON of unknown shape: what is not of the type that is asked for counts as absent.

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordAt(value: unknown, name: string): JsonRecord {
  const member = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return isRecord(member) ? member : {};
}

export function textAt(value: unknown, name: string): string | undefined {
  const member = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof member === 'string' ? member : undefined;
}

export function numberAt(value: unknown, name: string): number | undefined {
  const member = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof member === 'number' ? member : undefined;
}

export function listAt(value: unknown, name: string): readonly unknown[] {
  const member: unknown = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return Array.isArray(member) ? (member as readonly unknown[]) : [];
}

export function textsAt(value: unknown, name: string): readonly string[] {
  return listAt(value, name).filter((entry) => typeof entry === 'string');
}

/** A copy without the members that are undefined, as JSON has it. */
export function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
