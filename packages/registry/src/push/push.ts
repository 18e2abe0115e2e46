import { RegistryError } from '../errors.ts';
import { isWasm, notWasm } from '../fetch/wasm.ts';
import type { CallOptions, OciClient } from '../oci/client.ts';
import { digestOf } from '../oci/digest.ts';
import { OCI_MANIFEST } from '../oci/media.ts';
import { imageName } from '../reference/parse.ts';
import type { RegistryReference } from '../reference/reference.ts';
import { artifactManifest, EMPTY_CONFIG } from './artifact.ts';

export interface PushOptions extends CallOptions {
  readonly client: Pick<OciClient, 'pushBlob' | 'pushManifest'>;
  /** As `artifactAnnotations` makes them of the module's metadata. */
  readonly annotations: Readonly<Record<string, string>>;
}

export interface PushedModule {
  /** Digest of the manifest. */
  readonly digest: string;
  /** `host/repository@sha256:…`, which `cosign sign` and policy files take. */
  readonly immutableRef: string;
}

/** Pushes a module as a policy artifact. Its tag appears last, when all it needs is there. */
export async function pushModule(
  module: Uint8Array,
  to: RegistryReference,
  { client, annotations, signal }: PushOptions,
): Promise<PushedModule> {
  if (!isWasm(module)) throw notWasm(imageName(to));
  if (to.digest !== undefined) {
    throw new RegistryError('unsupported', `${imageName(to)}: push to a tag; the digest follows from what is pushed`);
  }
  const layer = { digest: digestOf(module), size: module.length };
  await pushBytes(client, to, module, signal);
  await pushBytes(client, to, EMPTY_CONFIG, signal);
  const bytes = artifactManifest(layer, annotations);
  const digest = await client.pushManifest(to, { bytes, mediaType: OCI_MANIFEST }, { signal });
  return { digest, immutableRef: `${to.registry}/${to.repository}@${digest}` };
}

function pushBytes(
  client: PushOptions['client'],
  to: RegistryReference,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const open = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
  };
  return client.pushBlob(to, { digest: digestOf(bytes), size: bytes.length, open }, { signal });
}
