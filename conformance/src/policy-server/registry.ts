import { generateKeyPairSync, sign } from 'node:crypto';
import { startTestRegistry, type TestRegistry } from '@ostiary/registry/testing';

const CONFIG = 'application/vnd.wasm.config.v1+json';
const LAYER = 'application/vnd.wasm.content.layer.v1+wasm';
const SIGNED = 'application/vnd.dev.cosign.simplesigning.v1+json';

/** A registry with policies in it, some of them signed. */
export interface PolicyRegistry {
  readonly host: string;
  /** Of whoever signs, as PEM. */
  readonly publicKey: string;
  /** Puts a policy there; returns the digest of its manifest. */
  readonly push: (repository: string, tag: string, module: Uint8Array, layerType?: string) => string;
  /** Puts a signature beside a manifest, as `cosign sign --key` without services does. */
  readonly signManifest: (repository: string, digest: string) => void;
  readonly close: () => Promise<void>;
}

export async function startPolicyRegistry(): Promise<PolicyRegistry> {
  const registry = await startTestRegistry();
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    host: registry.host,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
    push: (repository, tag, module, layerType = LAYER) =>
      addImage(registry, repository, tag, { mediaType: layerType, bytes: module }),
    signManifest: (repository, digest) => {
      const bytes = Buffer.from(
        JSON.stringify({
          critical: {
            identity: { 'docker-reference': `${registry.host}/${repository}` },
            image: { 'docker-manifest-digest': digest },
            type: 'cosign container image signature',
          },
          optional: null,
        }),
      );
      const signature = sign('sha256', bytes, privateKey).toString('base64');
      addImage(registry, repository, `${digest.replace(':', '-')}.sig`, {
        mediaType: SIGNED,
        bytes,
        annotations: { 'dev.cosignproject.cosign/signature': signature },
      });
    },
    close: () => registry.close(),
  };
}

interface Layer {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly annotations?: Readonly<Record<string, string>>;
}

function addImage(registry: TestRegistry, repository: string, tag: string, layer: Layer): string {
  const { mediaType, bytes, annotations } = layer;
  const config = Buffer.from('{}');
  const described = (type: string, content: Uint8Array): object => ({
    mediaType: type,
    digest: registry.addBlob(repository, content),
    size: content.length,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: described(CONFIG, config),
    layers: [{ ...described(mediaType, bytes), ...(annotations && { annotations }) }],
  };
  return registry.addManifest(repository, manifest, tag);
}
