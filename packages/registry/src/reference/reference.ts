/** A module in an OCI registry. A reference that was parsed has a tag, a digest or both; then the digest decides. */
export interface RegistryReference {
  readonly kind: 'registry';
  /** `host[:port]`; Docker Hub's many names are `docker.io`. */
  readonly registry: string;
  /** As in `kubewarden/policies/pod-privileged`; Docker Hub's official images begin with `library/`. */
  readonly repository: string;
  readonly tag?: string;
  /** `sha256:…` or `sha512:…`, lower-case hexadecimal. */
  readonly digest?: string;
}

/** A module that a web server has. The URL has no user information. */
export interface HttpReference {
  readonly kind: 'http';
  readonly url: URL;
}

/** A module in the file system, by its absolute path. */
export interface FileReference {
  readonly kind: 'file';
  readonly path: string;
}

/** A module's place. */
export type Reference = RegistryReference | HttpReference | FileReference;
