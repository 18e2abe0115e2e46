import type { Rule } from '@ostiary/policy';
import type { PoliciesConfig } from './policy-types.ts';
import type { Problem } from './problem.ts';

/** One entry of a `modules:` list after decoding and defaulting (contracts: fork, section 3). */
export interface ModuleConfig {
  /** Default: last path element of `module`. */
  readonly name: string;
  /** Path of the wasm file as written; a relative one resolves against the working directory, as in the original. */
  readonly module: string;
  /** JSON text; undefined when absent or null. */
  readonly settings: string | undefined;
  /** Logs what the module was asked and answered, redacted. */
  readonly debug: boolean;
  /** `timeout` (a Go duration such as `500ms` or `2s`) in milliseconds; undefined: the server's default. */
  readonly timeoutMs: number | undefined;
  /** `memory` (a Kubernetes quantity such as `64Mi`) in bytes; undefined: the server's default. */
  readonly memoryBytes: number | undefined;
  /** Where the entry stands, for messages: `FILE:LINE:COLUMN`. */
  readonly position: string;
}

export type AuthenticationModuleConfig = ModuleConfig;

export interface AuthorizationModuleConfig extends ModuleConfig {
  readonly failurePolicy: 'NoOpinion' | 'Deny';
}

export interface AdmissionModuleConfig extends ModuleConfig {
  readonly type: 'wasi' | 'kubewarden';
  readonly mutating: boolean;
  readonly rules: readonly Rule[];
  readonly failurePolicy: 'Fail' | 'Ignore';
}

/** The three gates and the policies; undefined: off. */
export interface GatesConfig {
  readonly authentication: readonly AuthenticationModuleConfig[] | undefined;
  readonly authorization: readonly AuthorizationModuleConfig[] | undefined;
  readonly admission: readonly AdmissionModuleConfig[] | undefined;
  /** What `/validate/ID`, `/audit/ID` and `/validate_raw/ID` ask. */
  readonly policies?: PoliciesConfig | undefined;
  /** What is accepted but can hardly be meant, such as a module without rules. */
  readonly warnings: readonly Problem[];
}

/** The three files of the extension, and that of a policy server, by flag. */
export interface GateFiles {
  /** `--authentication-wasm-config-file` */
  readonly authentication?: string | undefined;
  /** `--authorization-wasm-config-file` */
  readonly authorization?: string | undefined;
  /** `--admission-control-config-file` */
  readonly admission?: string | undefined;
  /** `--policies` */
  readonly policies?: string | undefined;
}
