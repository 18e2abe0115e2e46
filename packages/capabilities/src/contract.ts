import type { HostAnswer, HostCall } from '@ostiary/sandbox';

// What the server's transport of host calls speaks (`packages/server/src/hostcalls/contract.ts`). The arrow between the
// two packages points the other way, so the types are written down twice; a type test of the server keeps them equal.

/** A kind of object, as policies name it. */
export interface ResourceKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What a policy may ask (contract: policy-server §2.2, §2.4). */
export interface HostGrants {
  /** Patterns of `namespace/operation`. */
  readonly hostCapabilities: readonly string[];
  /** Kinds that the policy may read. */
  readonly contextAwareResources: readonly ResourceKind[];
}

/** Whose question it is. */
export interface Questioner {
  /** The policy's name, for messages and reports. */
  readonly policy: string;
  readonly grants: HostGrants;
}

/** What an answer was made with: a slot of the versions, and its version before the answer was made. */
export interface Source {
  readonly slot: number;
  readonly version: number;
}

/** How long an answer may be given to the same policy's same question again. */
export type Validity =
  /** Once only. */
  | { readonly kind: 'once' }
  /** Until this time, in milliseconds since 1970, and no longer than `source` has its version, if it is given. */
  | { readonly kind: 'until'; readonly until: number; readonly source?: Source }
  /** As long as the slot has this version. */
  | { readonly kind: 'version'; readonly slot: number; readonly version: number };

/** An answer, and how long it holds. */
export interface Answered {
  readonly answer: HostAnswer;
  readonly validity: Validity;
}

export type AnswerHostCall = (call: HostCall, questioner: Questioner, signal: AbortSignal) => Promise<Answered>;

/** Numbers by which whoever keeps an answer sees that it no longer holds; the server's are in memory that threads share. */
export interface Versions {
  readonly slotOf: (name: string) => number;
  readonly read: (slot: number) => number;
  readonly bump: (slot: number) => void;
}

/** Versions for one thread. */
export function localVersions(): Versions {
  const slots = new Map<string, number>();
  const versions: number[] = [];
  return {
    slotOf: (name) => {
      const slot = slots.get(name) ?? slots.size;
      slots.set(name, slot);
      return slot;
    },
    read: (slot) => versions[slot] ?? 0,
    bump: (slot) => void (versions[slot] = (versions[slot] ?? 0) + 1),
  };
}

/** Receives what an operator should know. Constant messages; the fields never hold object contents. */
export type CapabilityLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, string | number>>,
) => void;
