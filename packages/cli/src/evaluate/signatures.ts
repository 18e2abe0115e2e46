import { isRegistryError, type ModuleClient, type Reference } from '@ostiary/registry';
import type { JsonValue } from '@ostiary/policy';

/** What signs an image, as its registry tells it; nothing of it is verified. */
export interface Signatures {
  /** The manifest of cosign's `.sig` image. */
  readonly manifest: JsonValue | undefined;
  /** Digests of Sigstore bundles that refer to the image. */
  readonly bundles: readonly string[];
}

const BUNDLE = 'application/vnd.dev.sigstore.bundle';

/** Looks up the signatures of an image. Undefined for what can't be signed. Throws RegistryError. */
export async function signaturesOf(
  reference: Reference,
  client: Pick<ModuleClient, 'resolve' | 'manifest' | 'referrers'>,
): Promise<Signatures | undefined> {
  if (reference.kind !== 'registry') return undefined;
  const { digest } = await client.resolve(reference);
  const { registry, repository } = reference;
  const place = { kind: 'registry', registry, repository } as const;
  const manifest = await optional(client.manifest({ ...place, tag: `${digest.replace(':', '-')}.sig` }));
  const referrers = (await optional(client.referrers(place, digest))) ?? [];
  return {
    manifest: manifest && (JSON.parse(new TextDecoder().decode(manifest.bytes)) as JsonValue),
    bundles: referrers
      .filter(({ artifactType = '' }) => artifactType.startsWith(BUNDLE))
      .map((referrer) => referrer.digest),
  };
}

async function optional<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isRegistryError(error, 'not-found')) return undefined;
    throw error;
  }
}
