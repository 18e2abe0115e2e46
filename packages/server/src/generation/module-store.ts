import { createHash } from 'node:crypto';
import { readPolicyMetadata, type PolicyMetadata } from '@ostiary/policy';
import { httpSource, MAX_MODULE_BYTES } from './http-source.ts';
import { moduleUrl } from './module-url.ts';
import type { FetchedModule, ModuleSource, PolicyOptions, VerifiedModule } from './policy-options.ts';
import type { TrackedFiles } from './tracked-files.ts';

/** A module may take this long to arrive: 128 MiB at 4 Mbit/s. */
const FETCH_LIMIT_MS = 5 * 60_000;
/** Modules that are fetched at the same time; each may hold its bytes until it is compiled. */
const AT_ONCE = 8;

/** A module that is here, checked and allowed to run. */
export interface OpenedModule {
  /** sha256, hex. */
  readonly digest: string;
  readonly metadata: PolicyMetadata;
  /** Fetched again when they are not at hand any more, and refused when they are others then. */
  bytes(): Promise<Uint8Array>;
}

/** Opens modules for one load. */
export interface ModuleOpener {
  /** Once per URL, however many policies have it. Rejects with the cause. */
  open(url: string): Promise<OpenedModule>;
}

type Known = Pick<OpenedModule, 'digest' | 'metadata'>;
interface Remembered extends Known {
  /** Of the time when it was verified. */
  readonly trustVersion: number;
}

type StoreOptions = Pick<PolicyOptions, 'registry' | 'verify' | 'trustVersion'>;

/**
 * What is known of remote modules. A URL is fetched once and stands for what was found then, as long as any policy has it
 * and the same are trusted; files are read again at each load, because they are watched.
 */
export class ModuleStore {
  readonly #options: StoreOptions;
  readonly #remembered = new Map<string, Remembered>();
  readonly #running = limiter(AT_ONCE);
  readonly #ended = new AbortController();

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** An opener whose files are tracked. The bytes that it has fetched are let go with it. */
  opener(files: TrackedFiles): ModuleOpener {
    const flights = new Map<string, Promise<OpenedModule>>();
    return {
      open: (url) => {
        const flight = flights.get(url) ?? this.#open(url, files);
        flights.set(url, flight);
        return flight;
      },
    };
  }

  /** Forgets modules that no policy has any more; what comes back is fetched again. */
  keepOnly(urls: ReadonlySet<string>): void {
    for (const url of this.#remembered.keys()) if (!urls.has(url)) this.#remembered.delete(url);
  }

  /** Gives up what is on its way: a server that never answers must not keep the process. */
  stop(): void {
    this.#ended.abort();
  }

  async #open(url: string, files: TrackedFiles): Promise<OpenedModule> {
    const trustVersion = this.#options.trustVersion?.() ?? 0;
    const known = this.#remembered.get(url);
    if (known?.trustVersion === trustVersion) {
      const { digest, metadata } = known;
      const fetched = lazily(() => this.#running(() => this.#fetch(url, files)));
      return {
        digest,
        metadata,
        bytes: async () => expectDigest((await fetched()).bytes, (await fetched()).digest, digest),
      };
    }
    const { bytes, digest } = await this.#running(() => this.#fetch(url, files));
    const opened = { digest, metadata: readPolicyMetadata(bytes) };
    if (moduleUrl(url).scheme !== 'file') this.#remembered.set(url, { ...opened, trustVersion });
    return { ...opened, bytes: () => Promise.resolve(bytes) };
  }

  async #fetch(url: string, files: TrackedFiles): Promise<FetchedModule> {
    const signal = AbortSignal.any([AbortSignal.timeout(FETCH_LIMIT_MS), this.#ended.signal]);
    const trusted = await this.#verified(url, signal);
    const where = moduleUrl(url);
    const fetched =
      where.scheme === 'file'
        ? await readModuleFile(where.path, files)
        : await this.#source(where.scheme).fetch(where.url, { signal, manifestDigest: trusted?.manifestDigest });
    if (!isModule(fetched.bytes)) throw new Error('invalid wasm file');
    if (trusted) expectDigest(fetched.bytes, fetched.digest, trusted.digest);
    return fetched;
  }

  /** What the bytes must be; undefined when verification is not configured. Before anything is fetched. */
  async #verified(url: string, signal: AbortSignal): Promise<VerifiedModule | undefined> {
    const { verify } = this.#options;
    if (verify === undefined) return undefined;
    if (verify === 'unavailable') throw new VerificationFailure('verification is configured, but not available');
    try {
      return await verify(url, signal);
    } catch (error) {
      throw new VerificationFailure(error instanceof Error ? error.message : String(error));
    }
  }

  #source(scheme: 'http' | 'https' | 'registry'): ModuleSource {
    const { registry } = this.#options;
    if (registry) return registry;
    if (scheme === 'registry') throw new Error('this server has no registry client');
    return httpSource;
  }
}

/** A module that must not be run because nobody trustworthy vouches for it. */
export class VerificationFailure extends Error {
  readonly code = 'unverified-module';

  constructor(cause: string) {
    super(cause);
    this.name = 'VerificationFailure';
  }
}

async function readModuleFile(path: string, files: TrackedFiles): Promise<FetchedModule> {
  const bytes = await files.read(path);
  if (bytes.length > MAX_MODULE_BYTES) throw new Error(`it has more than ${MAX_MODULE_BYTES} bytes`);
  return { bytes, digest: createHash('sha256').update(bytes).digest('hex') };
}

function isModule(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
}

function expectDigest(bytes: Uint8Array, found: string, expected: string): Uint8Array {
  if (found === expected) return bytes;
  throw new VerificationFailure(`expected sha256:${expected}, found sha256:${found}`);
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Runs at most `most` at a time, in the order they come. */
function limiter(most: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
