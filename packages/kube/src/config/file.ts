import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KubeConfigError } from '../errors.ts';
import { isRecord, type JsonRecord } from '../record.ts';

/** One stanza of a kubeconfig file, and where it stands. */
export interface Stanza {
  readonly file: string;
  /** As in `users[2]`, for messages. */
  readonly place: string;
  readonly fields: JsonRecord;
}

/** A kubeconfig file, or several that were merged. */
export interface KubeConfigFile {
  readonly currentContext: string | undefined;
  readonly clusters: ReadonlyMap<string, Stanza>;
  readonly users: ReadonlyMap<string, Stanza>;
  readonly contexts: ReadonlyMap<string, Stanza>;
}

export const EMPTY_FILE: KubeConfigFile = {
  currentContext: undefined,
  clusters: new Map(),
  users: new Map(),
  contexts: new Map(),
};

/** Files with thousands of clusters are a few MiB; a bigger one isn't a kubeconfig. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** Reads a file; undefined if it doesn't exist. Throws KubeConfigError `unreadable`, `not-yaml` or `invalid-field`. */
export async function readKubeConfigFile(file: string): Promise<KubeConfigFile | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  const root = await parse(file, text);
  return {
    currentContext: optionalText(root, 'current-context', file) || undefined,
    clusters: stanzas(root, 'clusters', 'cluster', file),
    users: stanzas(root, 'users', 'user', file),
    contexts: stanzas(root, 'contexts', 'context', file),
  };
}

/** Merges as kubectl does: whatever the earlier file names, a whole stanza at a time, the later one can't change. */
export function mergeFiles(first: KubeConfigFile, second: KubeConfigFile): KubeConfigFile {
  return {
    currentContext: first.currentContext ?? second.currentContext,
    clusters: new Map([...second.clusters, ...first.clusters]),
    users: new Map([...second.users, ...first.users]),
    contexts: new Map([...second.contexts, ...first.contexts]),
  };
}

/** The folder that relative paths of a stanza start from. */
export function folderOf({ file }: Stanza): string {
  return dirname(file);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    if (size > MAX_FILE_BYTES) throw new KubeConfigError('unreadable', `larger than ${MAX_FILE_BYTES} bytes`, { file });
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof KubeConfigError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT') return undefined;
    throw new KubeConfigError('unreadable', `can't be read: ${code}`, { file, cause: error });
  }
}

async function parse(file: string, text: string): Promise<JsonRecord> {
  // A container in a cluster has no such file, and no use for the parser's 8 MB.
  const { LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  // Messages with source lines in them could show a token.
  const document = parseDocument(text, { prettyErrors: false, lineCounter, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lineCounter.linePos(error.pos[0]);
    throw new KubeConfigError('not-yaml', `line ${line}: ${error.code}`, { file });
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new KubeConfigError('not-yaml', 'too many aliases', { file });
  }
  if (value === null) return {};
  if (!isRecord(value)) throw new KubeConfigError('invalid-field', 'is not a kubeconfig', { file });
  return value;
}

function stanzas(root: JsonRecord, list: string, member: string, file: string): Map<string, Stanza> {
  const items = root[list] ?? [];
  if (!Array.isArray(items)) throw new KubeConfigError('invalid-field', 'has to be a list', { file, field: list });
  const found = new Map<string, Stanza>();
  for (const [index, item] of items.entries()) {
    const place = `${list}[${index}]`;
    if (!isRecord(item)) throw new KubeConfigError('invalid-field', 'has to be an object', { file, field: place });
    const name = optionalText(item, 'name', file, place);
    const fields = item[member] ?? {};
    if (name === undefined || !isRecord(fields)) {
      throw new KubeConfigError('invalid-field', `needs a name and a ${member}`, { file, field: place });
    }
    found.set(name, { file, place: `${place}.${member}`, fields });
  }
  return found;
}

function optionalText(record: JsonRecord, name: string, file: string, place?: string): string | undefined {
  const value = record[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  const field = place === undefined ? name : `${place}.${name}`;
  throw new KubeConfigError('invalid-field', 'has to be a text', { file, field });
}
