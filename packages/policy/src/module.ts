import type { Outcome } from '@ostiary/sandbox';
import type { Rule } from './rules.ts';

/**
 * Calls an export (WASI) or an operation (waPC) of a loaded module with the concatenation of `input` as its input.
 * Never throws and never rejects: a module that is lost answers with a failed outcome.
 */
export type CallModule = (
  operation: 'authn' | 'authz' | 'validate',
  input: readonly Uint8Array[],
) => Outcome | Promise<Outcome>;

/** What every loaded module has, whatever its gate. */
export interface GateModule {
  /** As configured, or the last path element of the module's path. Not necessarily unique. */
  readonly name: string;
  /** The settings as JSON text, or undefined when the configuration has none. */
  readonly settings: string | undefined;
  readonly call: CallModule;
}

export type AuthenticationModule = GateModule;

export interface AuthorizationModule extends GateModule {
  /** What a failing module counts as; the original's only behaviour is NoOpinion. */
  readonly failurePolicy: 'NoOpinion' | 'Deny';
}

export interface AdmissionModule extends GateModule {
  /** `wasi`: the k8s-wasm envelope around a whole AdmissionReview; `kubewarden`: a ValidationRequest by waPC. */
  readonly type: 'wasi' | 'kubewarden';
  /** A module is in exactly one phase. */
  readonly mutating: boolean;
  readonly rules: readonly Rule[];
  readonly failurePolicy: 'Fail' | 'Ignore';
}

/** What the HTTP front sends back, and what logs and metrics want to know of it. */
export interface GateAnswer {
  /** HTTP status: 200 whenever the answer is a review, 400 when the request is not one. */
  readonly status: 200 | 400;
  /** A JSON document: the review, or `{"message": …}` for status 400. */
  readonly body: string;
  /** One short word for metrics: authenticated, unauthenticated, allowed, denied, no-opinion, error, invalid. */
  readonly decision: Decision;
  /** One line per module that failed: which, and why. Never contains tokens, objects or settings. */
  readonly failures: readonly ModuleFailure[];
}

export type Decision = 'authenticated' | 'unauthenticated' | 'allowed' | 'denied' | 'no-opinion' | 'error' | 'invalid';

export interface ModuleFailure {
  readonly module: string;
  readonly message: string;
  readonly stderr: string;
}
