/** Where modules come from. */
export interface ModuleSource {
  /** The module at a URL. Rejects with a cause that names neither credentials nor contents. */
  fetch(url: string, options: FetchOptions): Promise<FetchedModule>;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** How many bytes are there. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** The manifest that was verified, `sha256:…`: the module must come from it, whatever is stored or tagged now. */
  readonly manifestDigest?: string | undefined;
}

export interface FetchedModule {
  readonly bytes: Uint8Array;
  /** sha256, hex. */
  readonly digest: string;
}

/** What somebody trustworthy vouches for. */
export interface VerifiedModule {
  /** sha256 (hex) of the only bytes that may be run. */
  readonly digest: string;
  /** The manifest that has them, `sha256:…`, of modules in registries. */
  readonly manifestDigest?: string | undefined;
}

/** Rejects when the module at the URL must not be trusted. */
export type VerifyModule = (url: string, signal: AbortSignal) => Promise<VerifiedModule>;

/** How policies are loaded and run. */
export interface PolicyOptions {
  /** Of policies without a limit of their own, in milliseconds. */
  readonly timeoutMs: number;
  /** False: no policy has a limit but the longest there is, whatever its entry says (contract: policy-server §6.7). */
  readonly timeoutProtection: boolean;
  /** All that is no file. Undefined: web servers are asked without proxies and authorities, and registries not at all. */
  readonly registry?: ModuleSource | undefined;
  /** `unavailable`: verification is configured, but can't be done, so that nothing may be run. Undefined: not configured. */
  readonly verify?: VerifyModule | 'unavailable' | undefined;
  /** Rises when somebody else may be trusted: what was verified before is verified again then. Undefined: never. */
  readonly trustVersion?: (() => number) | undefined;
  /** Throws when a pattern is none; the message follows `invalid hostCapabilities pattern for policy ID: `. */
  readonly checkHostCapabilities?: ((patterns: readonly string[]) => void) | undefined;
}

/** The limit that stands for none: nobody waits for an answer any more. */
export const LONGEST_TIMEOUT_MS = 3_600_000;

/** What policies get when nothing else is said: 2 s, as in the original. */
export const DEFAULT_POLICY_OPTIONS: PolicyOptions = { timeoutMs: 2000, timeoutProtection: true };

/** The release of Kubewarden whose policies run here, for `minimumKubewardenVersion`. */
export const KUBEWARDEN_VERSION = '1.38.0';
