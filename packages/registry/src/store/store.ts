import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { RegistryError } from '../errors.ts';
import { isDigest } from '../reference/grammar.ts';
import { formatReference, parseReference } from '../reference/parse.ts';
import { isTemporary, removeAbandoned, writeAtomically } from './atomic.ts';
import { referenceOf, SCHEMES, storePath, type RemoteReference } from './path.ts';

/** A module in the store. */
export interface StoredModule {
  readonly reference: RemoteReference;
  /** The canonical URL, as in `registry://ghcr.io/org/name:v1`. */
  readonly url: string;
  /** Absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** A module whose bytes were read. */
export interface HashedModule extends StoredModule {
  /** SHA-256, as `sha256:…`. */
  readonly digest: string;
}

/** Modules on disk, in kwctl's layout: `<root>/<scheme>/<host>/<path>/<name:tag>`. Contract: authoring §2.2. */
export interface Store {
  readonly root: string;
  /** Where a module is or would be. */
  pathOf(reference: RemoteReference): string;
  /** The module, if it is here and, where its digest was noted when it came, still the same. Throws `digest-mismatch`. */
  get(reference: RemoteReference): Promise<HashedModule | undefined>;
  /** Stores what `chunks` give, whole or not at all, and notes the digest. An iteration that throws stores nothing. */
  put(reference: RemoteReference, chunks: AsyncIterable<Uint8Array>): Promise<HashedModule>;
  /** All modules, sorted by URL. */
  list(): Promise<readonly StoredModule[]>;
  /**
   * The module with this URL, or whose SHA-256 begins with these hex digits. Undefined if there is none; throws
   * `ambiguous` if the digits fit several modules.
   */
  find(urlOrPrefix: string): Promise<StoredModule | undefined>;
  /** Removes a module, and directories that this leaves empty. False if it wasn't here. */
  remove(reference: RemoteReference): Promise<boolean>;
  /** The SHA-256 of a stored module, as `sha256:…`, computed anew. */
  digest(module: StoredModule): Promise<string>;
  /** Removes what writers that were killed left behind. Returns how many files. */
  collectGarbage(): Promise<number>;
}

/** Beside the schemes' folders, where kwctl doesn't look. */
const NOTES = '.ostiary/digests';

/** Opens a store. The directory is made by the first `put`. */
export function openStore(root: string): Store {
  const noteOf = (reference: RemoteReference): string => join(root, NOTES, storePath(reference));

  const look = async (reference: RemoteReference): Promise<StoredModule | undefined> => {
    const path = join(root, storePath(reference));
    const found = await stat(path).catch(absent);
    if (found === undefined || !found.isFile()) return undefined;
    return { reference, url: formatReference(reference), path, size: found.size };
  };

  const list = async (): Promise<readonly StoredModule[]> => {
    const modules: StoredModule[] = [];
    for (const scheme of SCHEMES) {
      for (const path of await filesUnder(join(root, scheme))) {
        const reference = referenceOf(relative(root, path).split(sep));
        const module = reference === undefined ? undefined : await look(reference);
        if (module !== undefined) modules.push(module);
      }
    }
    return modules.sort((a, b) => (a.url < b.url ? -1 : 1));
  };

  return {
    root,
    pathOf: (reference) => join(root, storePath(reference)),
    list,
    digest: async ({ path }) => digestOfFile(path),
    async get(reference) {
      const module = await look(reference);
      if (module === undefined) return undefined;
      const [digest, noted] = await Promise.all([digestOfFile(module.path), readNote(noteOf(reference))]);
      // A module that kwctl put here, or replaced, has no note or an older one; the note of another size isn't its.
      if (noted !== undefined && noted.size === module.size && noted.digest !== digest) {
        throw new RegistryError(
          'digest-mismatch',
          `${module.url}: the stored file has changed since it was fetched; remove it to fetch it again`,
        );
      }
      return { ...module, digest };
    },
    async put(reference, chunks) {
      const hash = createHash('sha256');
      let size = 0;
      const path = join(root, storePath(reference));
      const note = noteOf(reference);
      try {
        // Without its note a new module can't be measured by an old one's, should we be killed between the two.
        await rm(note, { force: true });
        await writeAtomically(
          path,
          tap(chunks, (chunk) => {
            hash.update(chunk);
            size += chunk.length;
          }),
        );
        const digest = `sha256:${hash.digest('hex')}`;
        await writeAtomically(note, [Buffer.from(JSON.stringify({ digest, size }))]);
        return { reference, url: formatReference(reference), path, size, digest };
      } catch (error) {
        throw storeError(error, `${formatReference(reference)} can't be stored`);
      }
    },
    async find(urlOrPrefix) {
      if (!/^[0-9a-f]{1,64}$/i.test(urlOrPrefix)) return look(remote(urlOrPrefix));
      const found: StoredModule[] = [];
      for (const module of await list()) {
        const hex = (await digestOfFile(module.path)).slice('sha256:'.length);
        if (hex.startsWith(urlOrPrefix.toLowerCase())) found.push(module);
      }
      if (found.length > 1) {
        const urls = found.map(({ url }) => url).join(', ');
        throw new RegistryError('ambiguous', `multiple policies found with the same prefix: ${urlOrPrefix} (${urls})`);
      }
      return found[0];
    },
    async remove(reference) {
      const path = join(root, storePath(reference));
      const wasHere = (await look(reference)) !== undefined;
      await rm(path, { force: true });
      await prune(dirname(path), root);
      await rm(noteOf(reference), { force: true });
      await prune(dirname(noteOf(reference)), root);
      return wasHere;
    },
    collectGarbage: () => removeAbandoned(root, Date.now()),
  };
}

function remote(url: string): RemoteReference {
  const reference = parseReference(url);
  if (reference.kind !== 'file') return reference;
  throw new RegistryError('unsupported', `${url}: files are used in place and never stored`);
}

async function* tap(chunks: AsyncIterable<Uint8Array>, look: (chunk: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    look(chunk);
    yield chunk;
  }
}

async function filesUnder(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(absent);
  return (entries ?? [])
    .filter((entry) => entry.isFile() && !isTemporary(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The SHA-256 of a file, as `sha256:…`, read in pieces. */
export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

async function readNote(path: string): Promise<{ readonly digest: string; readonly size: number } | undefined> {
  const text = await readFile(path, 'utf8').catch(absent);
  if (text === undefined) return undefined;
  try {
    const { digest, size } = JSON.parse(text) as { digest?: unknown; size?: unknown };
    return typeof digest === 'string' && isDigest(digest) && typeof size === 'number' ? { digest, size } : undefined;
  } catch {
    return undefined;
  }
}

/** Removes empty directories from `directory` up to, not including, `root`. */
async function prune(directory: string, root: string): Promise<void> {
  for (let current = directory; current !== root && current.startsWith(root); current = dirname(current)) {
    try {
      await rmdir(current);
    } catch {
      // It isn't empty, or another process was faster.
      return;
    }
  }
}

function absent(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw storeError(error, "the store can't be read");
}

function storeError(error: unknown, what: string): RegistryError {
  if (error instanceof RegistryError) return error;
  return new RegistryError('store', `${what}: ${error instanceof Error ? error.message : 'unknown failure'}`, {
    cause: error,
  });
}
