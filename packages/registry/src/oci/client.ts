import type { RegistryReference } from '../reference/reference.ts';

/** Names some bytes in a registry. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly platform?: Platform;
}

/** What an entry of an index is for. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** An OCI image manifest, or Docker's schema 2. */
export interface ImageManifest {
  readonly kind: 'image';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
}

/** An OCI index, or Docker's manifest list. */
export interface IndexManifest {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
}

export type ManifestDocument = ImageManifest | IndexManifest;

/** A manifest as the registry has it. */
export interface Manifest {
  readonly bytes: Uint8Array;
  /** Of `bytes`, computed here. */
  readonly digest: string;
  readonly mediaType: string;
  readonly document: ManifestDocument;
}

/** What HEAD tells about a manifest. */
export interface Resolved {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
}

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface BlobOptions extends CallOptions {
  /** Called with the running number of verified-so-far bytes. */
  readonly onProgress?: ((received: number) => void) | undefined;
}

export interface BlobBytesOptions extends CallOptions {
  readonly maxBytes: number;
}

export interface ReferrersOptions extends CallOptions {
  /** Keeps only referrers of this type. Registries that report no type (GHCR) make this lose entries. */
  readonly artifactType?: string | undefined;
}

export interface CopyOptions extends CallOptions {
  /** Copies what refers to the manifest too (signatures, attestations), by referrers and by cosign's tags. */
  readonly referrers?: boolean | undefined;
}

/** Bytes to be pushed: their descriptor, and the bytes as often as asked. */
export interface BlobSource {
  readonly digest: string;
  readonly size: number;
  readonly open: () => AsyncIterable<Uint8Array>;
}

export interface ManifestPush {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/**
 * An OCI registry client. Every method throws `RegistryError`. `tag` and `digest` of the reference say which manifest;
 * methods that take a descriptor or digest use its registry and repository only.
 */
export interface OciClient {
  /** The digest that a reference names now: HEAD, or GET where the registry answers HEAD without a digest. */
  resolve(ref: RegistryReference, options?: CallOptions): Promise<Resolved>;
  /** A manifest or index of at most 4 MiB. A digest in the reference is checked. */
  manifest(ref: RegistryReference, options?: CallOptions): Promise<Manifest>;
  /**
   * The bytes of a blob as they come. Size and digest are checked: the iteration throws at the first byte too many or
   * at its end, so nothing may be trusted before the iteration is over.
   */
  blob(ref: RegistryReference, descriptor: Descriptor, options?: BlobOptions): AsyncIterable<Uint8Array>;
  /** A whole, checked blob. `too-large` if the descriptor says more than `maxBytes`. */
  blobBytes(ref: RegistryReference, descriptor: Descriptor, options: BlobBytesOptions): Promise<Uint8Array>;
  /** What refers to `digest`: the referrers API, all pages, or else the tag `sha256-<hex>`. None is an empty list. */
  referrers(ref: RegistryReference, digest: string, options?: ReferrersOptions): Promise<readonly Descriptor[]>;
  /** The tags of the repository, page by page. */
  tags(ref: RegistryReference, options?: CallOptions): AsyncIterable<string>;
  /** Uploads a blob unless the repository has it. */
  pushBlob(ref: RegistryReference, blob: BlobSource, options?: CallOptions): Promise<void>;
  /** Puts a manifest at the reference's tag, or at its digest. Returns the digest the registry gave it. */
  pushManifest(ref: RegistryReference, manifest: ManifestPush, options?: CallOptions): Promise<string>;
  /** Makes a blob of another repository of the same registry known in this one. False if the registry won't. */
  mount(ref: RegistryReference, digest: string, from: string, options?: CallOptions): Promise<boolean>;
  /** Copies an artifact, whatever it is. Returns the digest of its manifest. */
  copy(from: RegistryReference, to: RegistryReference, options?: CopyOptions): Promise<string>;
  /** Closes idle connections; calls in flight fail. */
  close(): Promise<void>;
}

/** Fetches what web servers have. */
export interface Downloader {
  /** The body of a URL, checked by nothing but the HTTP status. Throws `RegistryError`. */
  download(url: URL, options?: CallOptions): AsyncIterable<Uint8Array>;
}

/** A client for every remote place that a module can be in. */
export type ModuleClient = OciClient & Downloader;
