import { open } from 'node:fs/promises';
import { RegistryError, isRegistryError } from '../errors.ts';
import { DEFAULT_RETRY } from '../http/limits.ts';
import { isTransient, retry } from '../http/retry.ts';
import type { ModuleClient } from '../oci/client.ts';
import { findModuleLayer } from '../oci/select.ts';
import { checkSize } from '../oci/blob.ts';
import { describeUrl } from '../http/failure.ts';
import { formatReference } from '../reference/parse.ts';
import type { HttpReference, Reference, RegistryReference } from '../reference/reference.ts';
import { isMutable, type RemoteReference } from '../store/path.ts';
import { digestOfFile, type Store, type HashedModule } from '../store/store.ts';
import { createFlights, type Flights } from './flights.ts';
import { isWasm, notWasm, onlyWasm } from './wasm.ts';

/** Largest module that is fetched: some five times the biggest real one, an interpreter with its libraries. */
export const MAX_MODULE = 512 * 1024 * 1024;

export interface FetchOptions {
  readonly store: Store;
  readonly client: Pick<ModuleClient, 'manifest' | 'blob' | 'download'>;
  /** The SHA-256 that the module's bytes must have, as `sha256:…`. */
  readonly expectDigest?: string | undefined;
  /**
   * The manifest that the module must come from, where the reference's signature was checked: what its tag names now
   * may be another one. A stored copy that doesn't come from it is replaced. Registry references only.
   */
  readonly manifestDigest?: string | undefined;
  /** Whether a stored copy will do if what is always fetched anew (`latest`) can't be reached. Default: false. */
  readonly allowStale?: boolean | undefined;
  /** Default: `MAX_MODULE`. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the running number of bytes. */
  readonly onProgress?: ((received: number) => void) | undefined;
}

export interface FetchedModule {
  readonly path: string;
  /** SHA-256 of the bytes, as `sha256:…`. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly source: 'file' | 'store' | 'network';
}

const flightsOf = new WeakMap<Store, Flights<FetchedModule>>();

/**
 * Makes a module available as a file: in place, from the store, or over the network into the store. Callers that want
 * the same one at the same time share one download. Throws `RegistryError`. Contract: authoring §2.3.
 */
export async function fetchModule(reference: Reference, options: FetchOptions): Promise<FetchedModule> {
  const module = reference.kind === 'file' ? await inPlace(reference.path, options) : await shared(reference, options);
  const { expectDigest } = options;
  if (expectDigest === undefined || expectDigest === module.digest) return module;
  throw new RegistryError(
    'digest-mismatch',
    `${describe(reference)}: expected ${expectDigest}, found ${module.digest} (${module.source})`,
  );
}

async function inPlace(path: string, { maxBytes = MAX_MODULE }: FetchOptions): Promise<FetchedModule> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      if (size > maxBytes)
        throw new RegistryError('too-large', `${path}: ${size} bytes, at most ${maxBytes} are taken`);
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(4) });
      if (!isWasm(buffer.subarray(0, bytesRead))) throw notWasm(path);
      return { path, digest: await digestOfFile(path), size, source: 'file' };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isRegistryError(error)) throw error;
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = error instanceof Error ? error.message : 'unknown failure';
    throw new RegistryError(isMissing ? 'not-found' : 'store', `${path} can't be read: ${reason}`, { cause: error });
  }
}

async function shared(reference: RemoteReference, options: FetchOptions): Promise<FetchedModule> {
  const flights = flightsOf.get(options.store) ?? createFlights<FetchedModule>();
  flightsOf.set(options.store, flights);
  const { manifestDigest, allowStale, maxBytes, signal, onProgress } = options;
  const key = JSON.stringify([formatReference(reference), manifestDigest, allowStale, maxBytes]);
  try {
    return await flights.join(key, signal, onProgress, (signal, onProgress) => {
      return remote(reference, { ...options, signal, onProgress });
    });
  } catch (error) {
    if (isRegistryError(error) || signal?.aborted !== true) throw error;
    throw new RegistryError('aborted', `${describe(reference)}: aborted`, { cause: error });
  }
}

async function remote(reference: RemoteReference, options: FetchOptions): Promise<FetchedModule> {
  const stored = await intact(reference, options.store);
  if (stored !== undefined && options.manifestDigest === undefined && !isMutable(reference)) {
    return fromStore(stored);
  }
  try {
    return reference.kind === 'registry'
      ? await fromRegistry(reference, stored, options)
      : await fromWeb(reference, options);
  } catch (error) {
    // A manifest digest means that a signature was checked: what can't be compared with it must not pass.
    const mayBeStale = options.allowStale && options.manifestDigest === undefined && isTransient(error);
    if (mayBeStale && stored !== undefined) return fromStore(stored);
    throw error;
  }
}

/** The stored copy; one that has changed on disk counts as none, and is fetched again. */
async function intact(reference: RemoteReference, store: Store): Promise<HashedModule | undefined> {
  try {
    return await store.get(reference);
  } catch (error) {
    if (isRegistryError(error, 'digest-mismatch')) return undefined;
    throw error;
  }
}

function fromStore({ path, digest, size }: HashedModule): FetchedModule {
  return { path, digest, size, source: 'store' };
}

async function fromRegistry(
  reference: RegistryReference,
  stored: HashedModule | undefined,
  options: FetchOptions,
): Promise<FetchedModule> {
  const { store, client, maxBytes = MAX_MODULE, signal, onProgress, manifestDigest } = options;
  const pinned = manifestDigest === undefined ? reference : { ...reference, digest: manifestDigest };
  const { image, layer } = await findModuleLayer(client, pinned, { signal });
  if (manifestDigest !== undefined && image.document.kind === 'image' && image.document.layers.length !== 1) {
    throw new RegistryError('not-wasm', `${describe(reference)}: a signed artifact has exactly one layer`);
  }
  // What is here already needs no download: `latest` mostly stays what it was.
  if (stored !== undefined && stored.digest === layer.digest) return fromStore(stored);
  checkSize(layer, maxBytes, reference);
  const chunks = client.blob(reference, layer, { signal, onProgress });
  const { path, digest, size } = await store.put(reference, onlyWasm(chunks, maxBytes, describe(reference)));
  return { path, digest, size, source: 'network' };
}

async function fromWeb(reference: HttpReference, options: FetchOptions): Promise<FetchedModule> {
  const { store, client, maxBytes = MAX_MODULE, signal, onProgress } = options;
  if (options.manifestDigest !== undefined) {
    throw new RegistryError('unsupported', `${describe(reference)}: only modules in registries have signatures`);
  }
  // The client repeats what fails before a body comes; one that breaks is fetched once more from its beginning, as
  // nothing says that the rest of it would belong to the same file.
  const { path, digest, size } = await retry({ ...DEFAULT_RETRY, attempts: 2 }, signal, () => {
    const chunks = counted(client.download(reference.url, { signal }), onProgress);
    return store.put(reference, onlyWasm(chunks, maxBytes, describe(reference)));
  });
  return { path, digest, size, source: 'network' };
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onProgress: ((received: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  for await (const chunk of chunks) {
    received += chunk.length;
    onProgress?.(received);
    yield chunk;
  }
}

function describe(reference: Reference): string {
  return reference.kind === 'http' ? describeUrl(reference.url) : formatReference(reference);
}
