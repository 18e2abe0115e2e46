import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { join, relative, sep } from 'node:path';
import { MAX_MODULE, parseReference, type Reference, type Store } from '@ostiary/registry';
import { ArchiveError, readTar, writeTar, type ArchiveEntry } from './tar.ts';

/** A module to save: where it is, and what stands for it in the archive. */
export interface Saved {
  readonly path: string;
  readonly size: number;
  /** Relative to a store, with `/`. */
  readonly name: string;
}

/** The name of a stored module in an archive: its path in the store, as kwctl writes it. */
export function entryName(store: Store, path: string): string {
  return relative(store.root, path).split(sep).join('/');
}

/** Writes a gzipped tar of modules; what is at the path is replaced once the archive is whole. */
export async function writeArchive(path: string, modules: readonly Saved[]): Promise<void> {
  const temporary = `${path}.part-${process.pid}`;
  const entries = modules.map(({ path: from, name, size }): ArchiveEntry => {
    return { name, size, chunks: fileChunks(from) };
  });
  try {
    await pipeline(writeTar(entries), createGzip(), createWriteStream(temporary));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Opened when its turn comes: an archive of many modules must not hold as many files open. */
async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) yield chunk as Buffer;
}

/** An archive of more modules than this is a bomb; a whole registry of policies has a few hundred. */
const MAX_ENTRIES = 100_000;

/**
 * Puts the modules of an archive into the store, one by one, and calls `onModule` with each. Only paths that a store
 * would have itself are taken: an archive can't write anywhere else.
 *
 * @throws ArchiveError
 */
export async function readArchive(path: string, store: Store, onModule: (url: string) => void): Promise<void> {
  let count = 0;
  const source = createReadStream(path).on('error', () => undefined);
  const unpacked = source.pipe(createGunzip());
  source.once('error', (error) => unpacked.destroy(error));
  try {
    for await (const { name, size, chunks } of readTar(unpacked)) {
      if (++count > MAX_ENTRIES) throw new ArchiveError(`the archive has more than ${MAX_ENTRIES} files`);
      if (size > MAX_MODULE) throw new ArchiveError(`${name}: ${size} bytes, at most ${MAX_MODULE} are taken`);
      const reference = referenceIn(name, store);
      const { url } = await store.put(reference, chunks);
      onModule(url);
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw new ArchiveError(`${path} is no gzipped archive: ${error.message}`, { cause: error });
    }
    throw error;
  } finally {
    source.destroy();
    unpacked.destroy();
  }
}

/** The reference that a name in an archive stands for. */
function referenceIn(name: string, store: Store) {
  const clean = name.replace(/^\.\//, '');
  const slash = clean.indexOf('/');
  const reference = tryParse(`${clean.slice(0, slash)}://${decoded(clean.slice(slash + 1))}`);
  if (slash > 0 && reference !== undefined && reference.kind !== 'file') {
    if (store.pathOf(reference) === join(store.root, ...clean.split('/'))) return reference;
  }
  throw new ArchiveError(`${JSON.stringify(name)} is not where a store keeps policies; loading stopped there`);
}

function tryParse(url: string): Reference | undefined {
  try {
    return parseReference(url);
  } catch {
    return undefined;
  }
}

/** On Windows a store's names are base64url, part by part. */
function decoded(path: string): string {
  if (process.platform !== 'win32') return path;
  return path
    .split('/')
    .map((part) => Buffer.from(part, 'base64url').toString('utf8'))
    .join('/');
}
