import { createHash } from 'node:crypto';
import type { Descriptor, ImageManifest, OciClient } from '../oci/client.ts';
import { isRegistryError } from '../errors.ts';
import type { RegistryReference } from '../reference/reference.ts';
import { oneLine, reasonOf } from './failure.ts';
import { MAX_BUNDLE_BYTES, MAX_PAYLOAD_BYTES, MAX_REFERRERS, MAX_SIGNATURES } from './limits.ts';
import { UnusableSignature, type Signature, type Unusable } from './signature.ts';
import { readSimpleSigning, SIMPLE_SIGNING } from './simple-signing.ts';

/** What is needed of a registry to find signatures. */
export type SignatureStore = Pick<OciClient, 'resolve' | 'manifest' | 'blobBytes' | 'referrers'>;

/** The signatures of an image in one of the two formats. */
export interface Collected {
  readonly usable: readonly Signature[];
  readonly unusable: readonly Unusable[];
  /** Why there may be more of them than were found. */
  readonly failures: readonly string[];
}

/** Where to look. `repository` names the repository; its tag and digest don't matter. */
export interface Place {
  readonly store: SignatureStore;
  readonly repository: RegistryReference;
  /** Of the image's manifest. */
  readonly digest: string;
  readonly signal?: AbortSignal | undefined;
}

interface Found {
  readonly usable: Signature[];
  readonly unusable: Unusable[];
  readonly failures: string[];
}

/** Signatures in the image's sibling with the tag `sha256-<hex>.sig` (authoring contract §5.2). */
export async function collectTagged(place: Place): Promise<Collected> {
  const found: Found = { usable: [], unusable: [], failures: [] };
  const manifest = await attempt(found, 'the signature image', async () =>
    place.store.manifest(at(place, { tag: `${place.digest.replace(':', '-')}.sig` }), place),
  );
  if (manifest?.document.kind !== 'image') return found;
  for (const layer of signatureLayers(manifest.document, found)) {
    const label = `signature ${found.usable.length + found.unusable.length + 1} (${short(layer.digest)})`;
    await read(found, label, async () => {
      const payload = await fetchBlob(place, layer, MAX_PAYLOAD_BYTES);
      return readSimpleSigning({ label, payload, annotations: layer.annotations ?? {} }, place.digest);
    });
  }
  return found;
}

function signatureLayers({ layers }: ImageManifest, found: Found): readonly Descriptor[] {
  const signatures = layers.filter((layer) => layer.mediaType === SIMPLE_SIGNING);
  if (signatures.length > MAX_SIGNATURES) {
    found.failures.push(`of ${signatures.length} signatures only the first ${MAX_SIGNATURES} were looked at`);
  }
  return signatures.slice(0, MAX_SIGNATURES);
}

/**
 * Signatures among the referrers of the image. They are listed without a filter, because some registries report no
 * artifact type; those that say they are bundles come first.
 */
export async function collectReferrers(place: Place): Promise<Collected> {
  const found: Found = { usable: [], unusable: [], failures: [] };
  const listed =
    (await attempt(found, 'the referrers', async () => place.store.referrers(place.repository, place.digest, place))) ??
    [];
  if (listed.length > MAX_REFERRERS) {
    found.failures.push(`of ${listed.length} referrers only ${MAX_REFERRERS} were looked at`);
  }
  const ordered = listed.toSorted((left, right) => rank(left) - rank(right)).slice(0, MAX_REFERRERS);
  for (const referrer of ordered) {
    if (found.usable.length + found.unusable.length >= MAX_SIGNATURES) break;
    await readReferrer(place, referrer, found);
  }
  return found;
}

/**
 * Bundles first. A type that says nothing comes next: none at all, or that of an empty configuration, which is what some
 * registries report of cosign's bundles. What says it is something else is looked at all the same, but last.
 */
function rank({ artifactType = '', annotations = {} }: Descriptor): number {
  if (artifactType.startsWith(BUNDLE_PREFIX) || Object.hasOwn(annotations, BUNDLE_CONTENT)) return 0;
  return artifactType === '' || artifactType === EMPTY_CONFIG ? 1 : 2;
}

/** The media types of a Sigstore bundle, of version 0.3 and before, begin like this. */
const BUNDLE_PREFIX = 'application/vnd.dev.sigstore.bundle';

const BUNDLE_CONTENT = 'dev.sigstore.bundle.content';
const EMPTY_CONFIG = 'application/vnd.oci.empty.v1+json';

async function readReferrer(place: Place, referrer: Descriptor, found: Found): Promise<void> {
  const manifest = await attempt(found, `referrer ${short(referrer.digest)}`, async () =>
    place.store.manifest(at(place, { digest: referrer.digest }), place),
  );
  if (manifest?.document.kind !== 'image') return;
  const layer = manifest.document.layers.find(({ mediaType }) => mediaType.startsWith(BUNDLE_PREFIX));
  if (layer === undefined) return;
  const label = `bundle ${found.usable.length + found.unusable.length + 1} (${short(layer.digest)})`;
  await read(found, label, async () => {
    const bytes = await fetchBlob(place, layer, MAX_BUNDLE_BYTES);
    const signed = async () => (await place.store.manifest(at(place, { digest: place.digest }), place)).bytes;
    // Its libraries are heavy, and most servers never meet a bundle.
    const { readSigstoreBundle } = await import('./sigstore-bundle.ts');
    return readSigstoreBundle(label, bytes, { digest: place.digest, manifest: signed });
  });
}

function at({ repository }: Place, which: { readonly tag: string } | { readonly digest: string }): RegistryReference {
  return { kind: 'registry', registry: repository.registry, repository: repository.repository, ...which };
}

/** Runs one request. What the registry doesn't have is no failure; whatever else goes wrong is noted. */
async function attempt<T>(found: Found, what: string, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (isRegistryError(error, 'aborted')) throw error;
    if (!isRegistryError(error, 'not-found')) found.failures.push(`${what}: ${reasonOf(error)}`);
    return undefined;
  }
}

async function read(found: Found, label: string, signature: () => Promise<Signature>): Promise<void> {
  try {
    found.usable.push(await signature());
  } catch (error) {
    if (isRegistryError(error, 'aborted')) throw error;
    // Whatever a decoder throws at hostile bytes: one signature that can't be read must not hide the others.
    found.unusable.push({ label, reason: reasonOf(error) });
  }
}

/** The client checks digests too; a signature is worth checking where it is used. */
async function fetchBlob(place: Place, descriptor: Descriptor, maxBytes: number): Promise<Buffer> {
  const { signal } = place;
  const bytes = Buffer.from(await place.store.blobBytes(place.repository, descriptor, { maxBytes, signal }));
  const [algorithm = '', hex] = descriptor.digest.split(':');
  const known = algorithm === 'sha256' || algorithm === 'sha512';
  if (!known || createHash(algorithm).update(bytes).digest('hex') !== hex) {
    throw new UnusableSignature('the registry sent other bytes than the digest names');
  }
  return bytes;
}

function short(digest: string): string {
  return oneLine(digest).slice(0, 'sha256:'.length + 12);
}
