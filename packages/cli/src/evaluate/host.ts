import type { PolicyKind } from '@ostiary/policy';
import type { HostAnswer, HostCall, HostCalls, Outcome } from '@ostiary/sandbox';

/** What a policy may ask of its host. */
export interface Grants {
  /** Patterns of `namespace/operation`. */
  readonly hostCapabilities: readonly string[];
  readonly contextAwareResources: readonly { readonly apiVersion: string; readonly kind: string }[];
}

/** Who asks. */
export interface Questioner {
  readonly policy: string;
  readonly grants: Grants;
}

/** One question that a policy asked, and what it was told. */
export interface Exchange {
  readonly call: HostCall;
  readonly answer: HostAnswer;
}

/**
 * The world that policies see beside their request: a live cluster with its registries, a recorded session, or
 * manifests.
 */
export interface World {
  /** Answers one question. May reject, which the guest is told of in general words. */
  answer(call: HostCall, questioner: Questioner, signal: AbortSignal): Promise<HostAnswer>;
  /**
   * Whether answers depend on what was asked before, as those of a recording do: every question is then asked anew, in
   * the order in which the policy asks.
   */
  readonly ordered: boolean;
  /** The data document of a Rego policy that may see `grants.contextAwareResources`, as JSON text. */
  inventory(kind: Extract<PolicyKind, 'opa' | 'gatekeeper'>, settings: string, grants: Grants): Promise<string>;
  close(): Promise<void>;
}

/** One run of a guest with these host calls. */
export type Turn = (calls: HostCalls) => Outcome;

/** How a conversation between a guest and the world came out. */
export interface Conversed {
  readonly outcome: Outcome;
  /** What was asked in the run that counts, in order; without log lines. */
  readonly exchanges: readonly Exchange[];
  /** What the guest logged in it (`kubewarden/tracing/log`). */
  readonly said: readonly HostCall[];
}
