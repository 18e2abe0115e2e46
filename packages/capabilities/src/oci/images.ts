import {
  parseRegistryReference,
  type Descriptor,
  type Manifest,
  type OciClient,
  type RegistryReference,
  type TrustRootSource,
} from '@ostiary/registry';
import { jsonOf, type Fetched } from '../backend.ts';
import { CapabilityError } from '../errors.ts';
import { createLimiter, createTtlCache, raced } from '../flights.ts';
import type { Versions } from '../contract.ts';
import type { CapabilityLimits } from '../limits.ts';
import { ownPlatform } from './platform.ts';
import type { CapabilityRequest } from '../request/request.ts';
import { verify, type VerifyRequest } from './verify.ts';

/** How long what registries say is remembered (contract: policy-server §8.2). */
const TTL_MS = 60_000;
const MAX_ENTRIES = 2000;
const MAX_BYTES = 64 * 1024 * 1024;
/** A configuration lists layers and history; real ones have tens of kilobytes. */
const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

const RUNNING = 8;
const WAITING = 1000;

/** What the version of is, by which answers about images end: how registries are reached, and who is trusted. */
export const REACH = 'registries';

export interface ImagesOptions {
  /** Asked for each question: it may be another one than before. */
  readonly registry: () => Promise<OciClient>;
  /** Without it nothing that Sigstore's roots are needed for is trusted. */
  readonly trustRoot: TrustRootSource | undefined;
  readonly versions: Versions;
  readonly limits: CapabilityLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type ImageRequest = Extract<
  CapabilityRequest,
  { readonly tag: 'OciManifestDigest' | 'OciManifest' | 'OciManifestAndConfig' }
>;

export interface Images {
  readonly describe: (request: ImageRequest, signal: AbortSignal) => Promise<Fetched>;
  readonly verify: (request: VerifyRequest, signal: AbortSignal) => Promise<Fetched>;
}

export function createImages({ registry, trustRoot, versions, limits, now }: ImagesOptions): Images {
  const slot = versions.slotOf(REACH);
  const limiter = createLimiter(RUNNING, WAITING);
  const answers = createTtlCache<Uint8Array>({
    ttlMs: TTL_MS,
    entries: MAX_ENTRIES,
    bytes: MAX_BYTES,
    sizeOf: ({ length }) => length,
    now,
  });
  const cached = async (
    request: ImageRequest | VerifyRequest,
    signal: AbortSignal,
    fetch: (client: OciClient, ref: RegistryReference, limit: AbortSignal) => Promise<Uint8Array>,
  ): Promise<Fetched> => {
    const { image } = request.fields;
    const ref = parseRegistryReference(image);
    // Before the client: one of older files must not answer for newer ones.
    const version = versions.read(slot);
    const client = await raced(registry(), signal, image);
    const work = (): Promise<Uint8Array> => fetch(client, ref, AbortSignal.timeout(limits.fetchMs));
    const got = answers.get(JSON.stringify([version, request.tag, request.fields]), () => limiter(work));
    const { value, until } = await raced(got, signal, image);
    return { payload: value, validity: { kind: 'until', until, source: { slot, version } } };
  };
  return {
    describe: (request, signal) =>
      cached(request, signal, (client, ref, limit) => describeImage(request.tag, client, ref, limit)),
    verify: (request, signal) =>
      cached(request, signal, async (client, ref, limit) => {
        const { digest } = await verify(request, ref, { client, trustRoot, now: new Date(now()), signal: limit });
        return bytesOf({ is_trusted: true, digest });
      }),
  };
}

async function describeImage(
  tag: ImageRequest['tag'],
  client: OciClient,
  ref: RegistryReference,
  signal: AbortSignal,
): Promise<Uint8Array> {
  switch (tag) {
    case 'OciManifestDigest': {
      const { digest } = await client.resolve(ref, { signal });
      return bytesOf({ digest });
    }
    case 'OciManifest':
      return (await client.manifest(ref, { signal })).bytes;
    case 'OciManifestAndConfig':
      return manifestAndConfig(client, ref, signal);
  }
}

async function manifestAndConfig(client: OciClient, ref: RegistryReference, signal: AbortSignal): Promise<Uint8Array> {
  const { digest, bytes, config } = await imageManifest(client, ref, signal);
  const configBytes = await client.blobBytes(ref, config, { maxBytes: MAX_CONFIG_BYTES, signal });
  return bytesOf({ manifest: parse(bytes, ref), digest, config: parse(configBytes, ref) });
}

/** The manifest of an image; of an index, that of the image for this machine. */
async function imageManifest(
  client: OciClient,
  ref: RegistryReference,
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly bytes: Uint8Array; readonly config: Descriptor }> {
  const found: Manifest = await client.manifest(ref, { signal });
  const { document } = found;
  if (document.kind === 'image') return { ...found, config: document.config };
  const { os, architecture } = ownPlatform();
  const entry = document.manifests.find(
    ({ platform }) => platform?.os === os && platform.architecture === architecture,
  );
  if (entry === undefined) {
    throw new CapabilityError('not-found', `the index has no image for ${os}/${architecture}`);
  }
  const { registry, repository } = ref;
  const image = await client.manifest({ kind: ref.kind, registry, repository, digest: entry.digest }, { signal });
  if (image.document.kind === 'index') throw new CapabilityError('invalid', 'the index points to another index');
  return { ...image, config: image.document.config };
}

function parse(bytes: Uint8Array, { repository }: RegistryReference): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new CapabilityError('invalid', `a document of ${repository} is not JSON`);
  }
}

function bytesOf(value: object): Uint8Array {
  return jsonOf(value, { kind: 'once' }).payload;
}
