import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { JsonError, parseLossless, type JsonValue } from '@ostiary/policy';
import { InputError } from './errors.ts';
import { placesInJson, placesOf, type Place, type Places } from './places.ts';
import { fromYaml, isObject, memberAt, textAt } from './value.ts';

/** One document of an input. */
export interface Document {
  /** Where it is from, for messages: a path, with the document's number when the file has several. */
  readonly source: string;
  readonly value: JsonValue;
  /** Absent for what was never written down. */
  readonly place?: Place | undefined;
}

interface Parsed {
  readonly value: JsonValue;
  readonly places: Places;
}

/** Documents of one file; a rendered chart of a thousand objects is a tenth of it. */
const MAX_DOCUMENTS = 10_000;
const EXTENSIONS: ReadonlySet<string> = new Set(['.json', '.yaml', '.yml']);

/**
 * The documents of a file, or of all JSON and YAML files below a folder, sorted by path. Lists are taken apart. Throws InputError.
 */
export async function readDocuments(path: string): Promise<readonly Document[]> {
  const info = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const files = info.isDirectory() ? await filesBelow(path) : [path];
  const read = await Promise.all(files.map(async (file) => parseDocuments(await readText(file), file)));
  return read.flat();
}

/** The text of a file. Throws InputError. */
export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error);
  });
}

function unreadable(path: string, error: unknown): InputError {
  const cause = error instanceof Error ? error.message : String(error);
  return new InputError('unreadable', `${path} can't be read: ${cause}`, { cause: error });
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && EXTENSIONS.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The documents of a text, which is JSON if it looks like it and YAML otherwise. Throws InputError. */
export async function parseDocuments(text: string, source: string): Promise<readonly Document[]> {
  const json = parseJson(text);
  const parsed =
    json === undefined ? await parseYaml(text, source) : [{ value: json, places: await placesInJson(text, source) }];
  return parsed.flatMap((one, index) => itemsOf(one, parsed.length === 1 ? source : `${source} #${index + 1}`));
}

/** Undefined for what is no JSON: YAML may be, and says more of what is wrong with it. */
function parseJson(text: string): JsonValue | undefined {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return parseLossless(new TextEncoder().encode(text));
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

async function parseYaml(text: string, source: string): Promise<readonly Parsed[]> {
  const { LineCounter, parseAllDocuments } = await import('yaml');
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { intAsBigInt: true, logLevel: 'error', lineCounter });
  if (!Array.isArray(documents)) return [];
  if (documents.length > MAX_DOCUMENTS) {
    throw new InputError('malformed', `${source} has more than ${MAX_DOCUMENTS} documents`);
  }
  return documents.flatMap((document, index) => {
    const [error] = document.errors;
    if (error) throw new InputError('malformed', `${source}: ${error.message.trimEnd()}`);
    try {
      // What stands between two separators, comments at most, is no object.
      const value: unknown = document.toJS();
      if (value === null || value === undefined) return [];
      return [{ value: fromYaml(value), places: placesOf(document, lineCounter, source) }];
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new InputError('malformed', `${source}, document ${index + 1}: ${reason}`, { cause });
    }
  });
}

/** A `List` stands for its items. */
function itemsOf({ value, places }: Parsed, source: string): readonly Document[] {
  const items = memberAt(value, 'items');
  const isList = textAt(value, 'kind')?.endsWith('List') === true && textAt(value, 'apiVersion') !== undefined;
  if (!isObject(value) || !isList || !Array.isArray(items)) return [{ source, value, place: places.place }];
  return items.map((item, index) => ({
    source: `${source} item ${index + 1}`,
    value: item,
    place: places.items[index] ?? places.place,
  }));
}
