import { RegistryError } from '../errors.ts';
import { imageName } from '../reference/parse.ts';
import type { RegistryReference } from '../reference/reference.ts';
import type { CallOptions, Descriptor, ImageManifest, Manifest, OciClient } from './client.ts';
import { MODULE_LAYERS } from './media.ts';

/** An index in an index is legal and rare; more depth is a trap. */
const MAX_DEPTH = 3;

/** The image that holds a module, and which of its layers is the module. */
export interface ModuleLayer {
  /** The digest of what the reference names, which is what is signed and pinned: the index, if there is one. */
  readonly digest: string;
  readonly image: Manifest;
  readonly layer: Descriptor;
}

/**
 * Finds the module that a reference names, through an index if need be: its entry for wasi/wasm, or else for this
 * machine, or else its only one. Throws `not-wasm` if there is none.
 */
export async function findModuleLayer(
  client: Pick<OciClient, 'manifest'>,
  ref: RegistryReference,
  options: CallOptions = {},
): Promise<ModuleLayer> {
  let manifest = await client.manifest(ref, options);
  const { digest } = manifest;
  for (let depth = 0; manifest.document.kind === 'index'; depth++) {
    const entry = depth < MAX_DEPTH ? pickEntry(manifest.document.manifests) : undefined;
    if (entry === undefined) {
      throw new RegistryError('not-wasm', `${imageName(ref)}: no entry of the index is for WebAssembly`);
    }
    const { registry, repository } = ref;
    manifest = await client.manifest({ kind: 'registry', registry, repository, digest: entry.digest }, options);
  }
  return { digest, image: manifest, layer: moduleLayer(manifest.document, imageName(ref)) };
}

function pickEntry(entries: readonly Descriptor[]): Descriptor | undefined {
  // Build tools put attestations beside images, for a platform that doesn't exist.
  const images = entries.filter(({ platform }) => platform?.os !== 'unknown');
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  return (
    images.find(({ platform }) => platform?.architecture === 'wasm' || platform?.os === 'wasip1') ??
    images.find(({ platform }) => platform?.os === process.platform && platform.architecture === architecture) ??
    (images.length === 1 ? images[0] : undefined)
  );
}

/** The one layer that is a module. Anything else beside it is refused: two readers could take different layers. */
export function moduleLayer({ layers }: ImageManifest, where: string): Descriptor {
  const [layer] = layers;
  if (layer === undefined) throw new RegistryError('not-wasm', `${where}: the artifact has no layers`);
  const stranger = layers.find(({ mediaType }) => !MODULE_LAYERS.has(mediaType));
  if (stranger !== undefined) {
    const shown = stranger.mediaType.slice(0, 100);
    throw new RegistryError('not-wasm', `${where}: a layer of type ${shown} is no WebAssembly module; is it an image?`);
  }
  return layer;
}
