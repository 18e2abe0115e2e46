/** What a registry or its token server may be shown. */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** An OAuth2 refresh token, as `docker login` gets from some registries. */
  | { readonly kind: 'identity'; readonly token: string }
  /** A token that the registry takes as it is. */
  | { readonly kind: 'bearer'; readonly token: string };

/** Knows credentials. */
export interface Credentials {
  /** What to show for a repository; undefined to be anonymous. Never throws: what fails is reported by `warn`. */
  find(registry: string, repository: string, signal?: AbortSignal): Promise<Credential | undefined>;
}

/** Nobody's: every request is anonymous. */
export const ANONYMOUS: Credentials = { find: async () => undefined };
