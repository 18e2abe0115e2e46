/** Media types by who reads them. */
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';

export const INDEX_TYPES: ReadonlySet<string> = new Set([OCI_INDEX, DOCKER_INDEX]);
export const IMAGE_TYPES: ReadonlySet<string> = new Set([OCI_MANIFEST, DOCKER_MANIFEST]);

/** What we take in place of a manifest. */
export const MANIFEST_ACCEPT = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX].join(', ');

/** Kubewarden's artifact, see authoring §3.1. */
export const POLICY_CONFIG = 'application/vnd.wasm.config.v1+json';
export const POLICY_LAYER = 'application/vnd.wasm.content.layer.v1+wasm';

/** Layers that are a module: Kubewarden's, the CNCF Wasm OCI artifact's, and Solo's older one. */
export const MODULE_LAYERS: ReadonlySet<string> = new Set([
  POLICY_LAYER,
  'application/wasm',
  'application/vnd.module.wasm.content.layer.v1+wasm',
]);
