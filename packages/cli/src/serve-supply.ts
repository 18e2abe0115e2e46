import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credentials, ModuleClient, Sources, Store, TrustRootSource, VerificationConfig } from '@ostiary/registry';
import type { Log, ServerSettings, TrackedFiles } from '@ostiary/server';

/** What modules are fetched with, and who must have signed them, as files say. */
export interface OpenSupply {
  readonly client: ModuleClient;
  readonly store: Store;
  /** Undefined: nobody need have signed. */
  readonly verification: VerificationConfig | undefined;
  readonly trustRoot: TrustRootSource;
  /** False: the credentials file can't be used, and the client is anonymous. */
  readonly hasCredentials: boolean;
}

export interface Supply {
  /**
   * Opens what the files say now, if they say something else than before, and has them watched. Rejects with the cause
   * when one can't be used: what was open stays open.
   */
  readonly follow: (files: TrackedFiles) => Promise<void>;
  /** What is open. Opened now if nothing is: a server that needs none of it loads none of it. */
  readonly current: () => Promise<OpenSupply>;
  /** Rises whenever somebody else may be trusted than before. */
  readonly trustVersion: () => number;
}

export type SupplySettings = Pick<
  ServerSettings,
  | 'sourcesPath'
  | 'dockerConfigJsonPath'
  | 'verificationPath'
  | 'sigstoreTrustConfig'
  | 'sigstoreCacheDir'
  | 'policiesDownloadDir'
>;

/** A credentials file that can't be used, when there are credentials that can. */
export class CredentialsFileError extends Error {
  override readonly name = 'CredentialsFileError';
  readonly code = 'unusable-credentials';
}

/** The files of a supply as they were read; undefined: absent or not configured. */
interface Contents {
  readonly reach: readonly (Uint8Array | undefined)[];
  readonly trust: readonly (Uint8Array | undefined)[];
}

/** Who reaches registries how: nothing is read before `follow` or `current`. */
export function createSupply(settings: SupplySettings, log: Log): Supply {
  let open: Promise<OpenSupply> | undefined;
  let contents: Contents | undefined;
  let trustVersion = 0;

  const openNow = async (old: OpenSupply | undefined): Promise<OpenSupply> => openSupply(settings, old, log);
  return {
    trustVersion: () => trustVersion,
    current() {
      // A failure is not kept: the file that was wrong may have been mended.
      const opening = (open ??= openNow(undefined));
      opening.catch(() => {
        if (open === opening) open = undefined;
      });
      return opening;
    },
    async follow(files) {
      if (!isConfigured(settings)) return;
      const found = await readContents(settings, files);
      if (contents && sameContents(contents, found)) return;
      const old = await open?.catch(() => undefined);
      const next = await openNow(old);
      if (contents && !sameFiles(contents.trust, found.trust)) trustVersion += 1;
      [open, contents] = [Promise.resolve(next), found];
      if (!old) return;
      log('info', 'sources, credentials and verification reloaded');
      // Nothing is on its way: loads follow one another.
      void old.client.close().catch(() => undefined);
    },
  };
}

function isConfigured(settings: SupplySettings): boolean {
  const { sourcesPath, dockerConfigJsonPath, verificationPath, sigstoreTrustConfig } = settings;
  return [sourcesPath, dockerConfigJsonPath, verificationPath, sigstoreTrustConfig].some((path) => path !== undefined);
}

async function readContents(settings: SupplySettings, files: TrackedFiles): Promise<Contents> {
  const { sourcesPath, dockerConfigJsonPath, verificationPath, sigstoreTrustConfig } = settings;
  const read = async (path: string | undefined): Promise<Uint8Array | undefined> =>
    path === undefined ? undefined : files.read(path).catch(() => undefined);
  const sources = await read(sourcesPath);
  return {
    reach: [sources, await read(await credentialsFile(dockerConfigJsonPath)), ...(await authorityFiles(sources, read))],
    trust: [await read(verificationPath), await read(sigstoreTrustConfig)],
  };
}

/** Docker's variable names the folder that has the file. */
async function credentialsFile(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true ? join(path, 'config.json') : path;
}

/** Certificates that a sources file names: they change without it. What is wrong with the file is said when it is opened. */
async function authorityFiles(
  sources: Uint8Array | undefined,
  read: (path: string) => Promise<Uint8Array | undefined>,
): Promise<readonly (Uint8Array | undefined)[]> {
  if (sources === undefined) return [];
  const { parseDocument, visit } = await import('yaml');
  const paths: string[] = [];
  visit(parseDocument(new TextDecoder().decode(sources)), {
    Pair(_, { key, value }) {
      const [name, path] = [String(key), isScalarText(value) ? value.value : undefined];
      if (name === 'path' && path !== undefined) paths.push(path);
    },
  });
  return Promise.all(paths.map(read));
}

function isScalarText(node: unknown): node is { readonly value: string } {
  return typeof node === 'object' && node !== null && 'value' in node && typeof node.value === 'string';
}

function sameContents(left: Contents, right: Contents): boolean {
  return sameFiles(left.reach, right.reach) && sameFiles(left.trust, right.trust);
}

function sameFiles(left: Contents['reach'], right: Contents['reach']): boolean {
  return left.length === right.length && left.every((bytes, index) => sameBytes(bytes, right[index]));
}

function sameBytes(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  return left === undefined || right === undefined ? left === right : Buffer.compare(left, right) === 0;
}

async function openSupply(settings: SupplySettings, old: OpenSupply | undefined, log: Log): Promise<OpenSupply> {
  const { createOciClient, openStore } = await import('@ostiary/registry');
  const { env } = process;
  const trustRoot = await trustRootOf(settings);
  // Whoever vouches must be known before those who were vouched for go; at the start it may still arrive.
  if (old && settings.sigstoreTrustConfig !== undefined) await trustRoot();
  const verification = await verificationOf(settings);
  const sources = await sourcesOf(settings);
  const { credentials, problem } = await credentialsOf(settings, log);
  // At the start, being anonymous is the safe way on; later a bad file must not take credentials away.
  if (problem !== undefined && old?.hasCredentials === true) throw new CredentialsFileError(problem);
  const store = old?.store ?? openStore(settings.policiesDownloadDir);
  if (!old) await store.collectGarbage();
  const client = createOciClient({ sources, credentials, env });
  return { client, store, verification, trustRoot, hasCredentials: problem === undefined };
}

async function verificationOf({ verificationPath }: SupplySettings): Promise<VerificationConfig | undefined> {
  if (verificationPath === undefined) return undefined;
  const { parseVerificationConfig } = await import('@ostiary/registry');
  return parseVerificationConfig(await readFile(verificationPath, 'utf8'), verificationPath);
}

async function sourcesOf({ sourcesPath }: SupplySettings): Promise<Sources | undefined> {
  if (sourcesPath === undefined) return undefined;
  const { loadSources } = await import('@ostiary/registry');
  return loadSources(sourcesPath);
}

/** The credentials, and what is wrong with the file. Helpers are asked later, each time. */
async function credentialsOf(
  { dockerConfigJsonPath }: SupplySettings,
  log: Log,
): Promise<{ readonly credentials: Credentials; readonly problem: string | undefined }> {
  const { loadCredentials } = await import('@ostiary/registry');
  let problem: string | undefined;
  const warn = (message: string): void => {
    problem ??= message;
    log('warn', 'registry credentials', { cause: message });
  };
  const credentials = await loadCredentials({ path: dockerConfigJsonPath, env: process.env, warn });
  return { credentials, problem };
}

/** A file if one is given, else Sigstore's own, asked for only when a signature can't be judged without it. */
async function trustRootOf({ sigstoreTrustConfig, sigstoreCacheDir }: SupplySettings): Promise<TrustRootSource> {
  const { lazyTrustRoot } = await import('@ostiary/registry');
  return lazyTrustRoot(
    sigstoreTrustConfig === undefined
      ? { kind: 'tuf', cacheDir: sigstoreCacheDir }
      : { kind: 'trust-config', path: sigstoreTrustConfig },
  );
}
