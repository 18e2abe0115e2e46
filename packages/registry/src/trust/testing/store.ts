import { RegistryError } from '../../errors.ts';
import type { Descriptor, ImageManifest } from '../../oci/client.ts';
import type { RegistryReference } from '../../reference/reference.ts';
import type { SignatureStore } from '../collect.ts';
import { sha256, type TestLayer } from './signatures.ts';

/** The image whose signatures are looked for. */
export const MANIFEST = Buffer.from('{"schemaVersion":2,"layers":[]}');
export const DIGEST = digestOf(MANIFEST);
export const REF: RegistryReference = { kind: 'registry', registry: 'registry.test', repository: 'policy', tag: 'v1' };

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${sha256(bytes).toString('hex')}`;
}

export interface TestImage {
  readonly layers?: readonly TestLayer[];
  /** Sigstore bundles, as objects or as text. */
  readonly bundles?: readonly unknown[];
  readonly artifactType?: string;
}

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** What a registry with this image and its signatures answers; counts what it is asked. */
export function storeWith({ layers = [], bundles = [], artifactType = BUNDLE }: TestImage): SignatureStore & {
  readonly calls: string[];
} {
  const blobs = new Map<string, Buffer>();
  const descriptor = (bytes: Buffer, mediaType: string, annotations?: Record<string, string>): Descriptor => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length, ...(annotations === undefined ? {} : { annotations }) };
  };
  const signed = layers.map(({ payload, annotations }) =>
    descriptor(payload, 'application/vnd.dev.cosign.simplesigning.v1+json', annotations),
  );
  const referrers = bundles.map((bundle) => {
    const bytes = Buffer.from(typeof bundle === 'string' ? bundle : JSON.stringify(bundle));
    const layer = descriptor(bytes, BUNDLE);
    return { layer, digest: digestOf(Buffer.from(layer.digest)) };
  });
  const calls: string[] = [];
  return {
    calls,
    async resolve() {
      return { digest: DIGEST, size: MANIFEST.length, mediaType: '' };
    },
    async manifest({ tag, digest }) {
      calls.push(`manifest ${tag ?? digest ?? ''}`);
      if (digest === DIGEST) return answer(MANIFEST, []);
      const referrer = referrers.find((entry) => entry.digest === digest);
      if (referrer !== undefined) return answer(Buffer.of(), [referrer.layer]);
      if (tag === `${DIGEST.replace(':', '-')}.sig` && signed.length > 0) return answer(Buffer.of(), signed);
      throw new RegistryError('not-found', 'no such manifest');
    },
    async blobBytes(_ref, { digest }, { maxBytes }) {
      calls.push(`blob ${digest}`);
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new RegistryError('not-found', 'no such blob');
      if (bytes.length > maxBytes) throw new RegistryError('too-large', `larger than ${maxBytes} bytes`);
      return bytes;
    },
    async referrers() {
      calls.push('referrers');
      return referrers.map(({ digest }) => ({ mediaType: '', digest, size: 0, artifactType }));
    },
  };
}

function answer(bytes: Buffer, layers: readonly Descriptor[]) {
  const config: Descriptor = { mediaType: '', digest: digestOf(Buffer.of()), size: 0 };
  const document: ImageManifest = { kind: 'image', config, layers, annotations: {} };
  return { bytes, digest: digestOf(bytes), mediaType: '', document };
}
