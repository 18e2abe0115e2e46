import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrustMaterial } from '@sigstore/verify';
import { TrustError } from './errors.ts';
import { reasonOf } from './failure.ts';
import { isObject } from './json.ts';
import { MAX_TRUST_ROOT_BYTES } from './limits.ts';

/** Where Sigstore's certificate authorities, logs and timestamp authorities are learnt from (authoring contract §5.4). */
export type TrustRootSpec =
  | {
      /** Sigstore's update framework, cached in a folder. */
      readonly kind: 'tuf';
      readonly cacheDir: string;
      /** URL of the repository, the public one by default. */
      readonly mirror?: string | undefined;
      /** The first root metadata of a mirror that isn't the public one. */
      readonly initialRoot?: string | undefined;
      /** Takes what is cached, however old, and never asks the network. */
      readonly offline?: boolean | undefined;
      /** Milliseconds for one request, 5,000 by default. */
      readonly timeoutMs?: number | undefined;
    }
  | { /** A `trusted_root.json`. */ readonly kind: 'file'; readonly path: string }
  | {
      /** A client trust configuration, whose `trustedRoot` is used. */ readonly kind: 'trust-config';
      readonly path: string;
    };

/** Whom to believe about certificates, logs and times. */
export interface TrustRoot {
  readonly material: TrustMaterial;
}

/** Gets the trust root when it is first needed. Rejects with a TrustError `no-trust-root`. */
export type TrustRootSource = () => Promise<TrustRoot>;

/**
 * Loads a trust root now.
 *
 * @throws {TrustError} `no-trust-root`.
 */
export async function loadTrustRoot(spec: TrustRootSpec): Promise<TrustRoot> {
  try {
    return await toTrustRoot(await readSpec(spec));
  } catch (error) {
    const place = spec.kind === 'tuf' ? (spec.mirror ?? PUBLIC_MIRROR) : spec.path;
    throw new TrustError('no-trust-root', `the Sigstore trust root of ${place} can't be used: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** The public repository. */
const PUBLIC_MIRROR = 'https://tuf-repo-cdn.sigstore.dev';

/** A failure is remembered so long, so that a hundred policies that need the root don't wait for it one by one. */
const RETRY_AFTER_MS = 30_000;

/** A source that loads the root at its first use and keeps it. A failure is kept for half a minute. */
export function lazyTrustRoot(spec: TrustRootSpec, now: () => number = Date.now): TrustRootSource {
  let loading: Promise<TrustRoot> | undefined;
  let failedAt: number | undefined;
  return async () => {
    if (failedAt !== undefined && now() - failedAt >= RETRY_AFTER_MS) [loading, failedAt] = [undefined, undefined];
    loading ??= loadTrustRoot(spec).catch((error: unknown) => {
      failedAt = now();
      throw error;
    });
    return loading;
  };
}

async function readSpec(spec: TrustRootSpec): Promise<unknown> {
  switch (spec.kind) {
    case 'file':
      return readJson(spec.path);
    case 'trust-config': {
      const config = await readJson(spec.path);
      if (!isObject(config) || !isObject(config['trustedRoot'])) throw new Error('it has no field trustedRoot');
      return config['trustedRoot'];
    }
    case 'tuf':
      return spec.offline === true ? readCached(spec) : refresh(spec);
  }
}

type TufSpec = Extract<TrustRootSpec, { readonly kind: 'tuf' }>;

/** Asks the repository, and falls back to cached metadata that has not expired yet when it can't be reached. */
async function refresh(spec: TufSpec): Promise<unknown> {
  const [{ getTrustedRoot }, { TrustedRoot }] = await Promise.all([
    import('@sigstore/tuf'),
    import('@sigstore/protobuf-specs'),
  ]);
  const options = {
    cachePath: spec.cacheDir,
    mirrorURL: spec.mirror ?? PUBLIC_MIRROR,
    ...(spec.initialRoot === undefined ? {} : { rootPath: spec.initialRoot }),
    timeout: spec.timeoutMs ?? 5000,
    retry: { retries: 1 },
  };
  try {
    return TrustedRoot.toJSON(await getTrustedRoot(options));
  } catch (error) {
    try {
      return TrustedRoot.toJSON(await getTrustedRoot({ ...options, forceCache: true }));
    } catch {
      throw error;
    }
  }
}

/** The cache has a folder per repository, named after its URL, and in it the targets as they were last verified. */
async function readCached({ cacheDir, mirror }: TufSpec): Promise<unknown> {
  const url = new URL(mirror ?? PUBLIC_MIRROR);
  const folder = encodeURIComponent(url.host + url.pathname.replace(/\/$/, ''));
  return readJson(join(cacheDir, folder, 'targets', 'trusted_root.json'));
}

async function readJson(path: string): Promise<unknown> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > MAX_TRUST_ROOT_BYTES) throw new Error(`it is larger than ${MAX_TRUST_ROOT_BYTES} bytes`);
    return JSON.parse(await readFile(file, 'utf8'));
  } finally {
    await file.close();
  }
}

async function toTrustRoot(document: unknown): Promise<TrustRoot> {
  if (!isObject(document)) throw new Error('it is not a JSON object');
  const [{ toTrustMaterial }, { TrustedRoot }] = await Promise.all([
    import('@sigstore/verify'),
    import('@sigstore/protobuf-specs'),
  ]);
  const material = toTrustMaterial(TrustedRoot.fromJSON(document));
  // Every entry would be optional to the decoder; an empty root would let the verifier demand nothing.
  if (material.certificateAuthorities.length + material.tlogs.length === 0) {
    throw new Error('it names neither a certificate authority nor a log');
  }
  return { material };
}
