import { RegistryError, isRegistryError } from '../errors.ts';
import type { RegistryReference } from '../reference/reference.ts';
import type { CopyOptions, Descriptor, Manifest, OciClient } from './client.ts';
import { referrersTag } from './referrers.ts';

/** Indexes in indexes and signatures of signatures: real ones are three deep. */
const MAX_DEPTH = 8;
/** Manifests of one copy, so that an index of indexes of indexes can't multiply itself. */
const MAX_MANIFESTS = 1000;
/** What cosign keeps beside a manifest, under tags made of its digest. */
const COSIGN_SUFFIXES = ['.sig', '.att', '.sbom'] as const;

type CopyClient = Pick<OciClient, 'manifest' | 'blob' | 'mount' | 'pushBlob' | 'pushManifest' | 'referrers'>;

interface Copy {
  readonly client: CopyClient;
  readonly from: RegistryReference;
  readonly to: RegistryReference;
  readonly options: CopyOptions;
  /** Digests that are done. */
  readonly done: Set<string>;
}

/** See `OciClient.copy`. What refers to the manifest comes after it, and its tag last: a tag never names a half copy. */
export async function copyArtifact(
  client: CopyClient,
  from: RegistryReference,
  to: RegistryReference,
  options: CopyOptions,
): Promise<string> {
  const copy: Copy = { client, from, to, options, done: new Set() };
  const { digest, bytes, mediaType } = await copyManifest(copy, from, 0);
  if (to.tag !== undefined) await client.pushManifest(at(to, { tag: to.tag }), { bytes, mediaType }, options);
  return digest;
}

async function copyManifest(copy: Copy, ref: RegistryReference, depth: number): Promise<Manifest> {
  const { client, to, options, done } = copy;
  if (depth > MAX_DEPTH || done.size >= MAX_MANIFESTS) {
    throw new RegistryError('too-large', `copy from ${copy.from.registry}/${copy.from.repository}: too many manifests`);
  }
  const manifest = await client.manifest(ref, options);
  const { digest, bytes, mediaType, document } = manifest;
  if (done.has(digest)) return manifest;
  done.add(digest);
  if (document.kind === 'index') {
    for (const entry of document.manifests) await copyEntry(copy, entry, depth);
  } else {
    for (const blob of new Map([document.config, ...document.layers].map((d) => [d.digest, d])).values()) {
      await copyBlob(copy, blob);
    }
  }
  await client.pushManifest(at(to, { digest }), { bytes, mediaType }, options);
  if (options.referrers) await copyReferrers(copy, digest, depth);
  return manifest;
}

async function copyEntry(copy: Copy, { digest }: Descriptor, depth: number): Promise<void> {
  if (!copy.done.has(digest)) await copyManifest(copy, at(copy.from, { digest }), depth + 1);
}

async function copyBlob({ client, from, to, options }: Copy, descriptor: Descriptor): Promise<void> {
  const { digest, size } = descriptor;
  const isNear = from.registry === to.registry && from.repository !== to.repository;
  if (isNear && (await client.mount(to, digest, from.repository, options))) return;
  await client.pushBlob(to, { digest, size, open: () => client.blob(from, descriptor, options) }, options);
}

async function copyReferrers(copy: Copy, digest: string, depth: number): Promise<void> {
  for (const entry of await copy.client.referrers(copy.from, digest, { signal: copy.options.signal })) {
    await copyEntry(copy, entry, depth);
  }
  for (const suffix of COSIGN_SUFFIXES) {
    const tag = referrersTag(digest) + suffix;
    try {
      const { bytes, mediaType } = await copyManifest(copy, at(copy.from, { tag }), depth + 1);
      await copy.client.pushManifest(at(copy.to, { tag }), { bytes, mediaType }, copy.options);
    } catch (error) {
      if (!isRegistryError(error, 'not-found')) throw error;
    }
  }
}

/** Another manifest of the same repository. */
function at(
  { registry, repository }: RegistryReference,
  name: { readonly tag: string } | { readonly digest: string },
): RegistryReference {
  return { kind: 'registry', registry, repository, ...name };
}
