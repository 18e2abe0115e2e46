import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Reach, Store, VerificationConfig } from '@ostiary/registry';
import type { Log, ServerSettings, TrackedFiles } from '@ostiary/server';

/** What modules are fetched with, and who must have signed them, as files say. */
export interface OpenSupply extends Reach {
  readonly store: Store;
  /** Undefined: nobody need have signed. */
  readonly verification: VerificationConfig | undefined;
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
  /** Calls `listener` after what was open has been replaced. */
  readonly onReplaced: (listener: () => void) => void;
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
  const listeners: (() => void)[] = [];

  const openNow = async (old: OpenSupply | undefined): Promise<OpenSupply> => openSupply(settings, old, log);
  return {
    trustVersion: () => trustVersion,
    onReplaced: (listener) => void listeners.push(listener),
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
      for (const tell of listeners) tell();
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
  const { openReach, openStore } = await import('@ostiary/registry');
  const verification = await verificationOf(settings);
  const warn = (cause: string): void => log('warn', 'registry credentials', { cause });
  const reach = await openReach(settings, { env: process.env, warn }, old);
  const store = old?.store ?? openStore(settings.policiesDownloadDir);
  if (!old) await store.collectGarbage();
  return { ...reach, store, verification };
}

async function verificationOf({ verificationPath }: SupplySettings): Promise<VerificationConfig | undefined> {
  if (verificationPath === undefined) return undefined;
  const { parseVerificationConfig, VerificationConfigError } = await import('@ostiary/registry');
  const text = await readFile(verificationPath, 'utf8').catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    const summary = `verification file ${verificationPath} can't be read: ${reason}`;
    throw new VerificationConfigError('invalid', summary, [], { cause });
  });
  return parseVerificationConfig(text, verificationPath);
}
