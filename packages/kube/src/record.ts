/** A JSON object of which nothing is known yet. */
export interface JsonRecord {
  readonly [name: string]: unknown;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The record at `name`, or an empty one: for reading what others wrote, where absence and a wrong kind mean the same. */
export function recordAt(record: JsonRecord, name: string): JsonRecord {
  const value = record[name];
  return isRecord(value) ? value : {};
}

/** The text at `name`; anything else counts as absent. */
export function textAt(record: JsonRecord, name: string): string | undefined {
  const value = record[name];
  return typeof value === 'string' ? value : undefined;
}

/** The records in the list at `name`. */
export function recordsAt(record: JsonRecord, name: string): readonly JsonRecord[] {
  const value = record[name];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** The texts in the list at `name`. */
export function textsAt(record: JsonRecord, name: string): readonly string[] {
  const value = record[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
