import type { SecureContextOptions } from 'node:tls';
import type { TelemetryLink } from '@ostiary/telemetry';
import type { GenerationSpec } from '../generation/spec.ts';
import type { ClientOptions } from '../hostcalls/client.ts';
import type { CallFacts, Evaluated } from '../hostcalls/contract.ts';
import type { LogFormat, LogLevel } from '../log.ts';
import type { Family } from '../metrics/registry.ts';

/** What a serving thread is born with. */
export interface ServingData {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Whether other threads listen on the same port. */
  readonly shared: boolean;
  readonly tls: SecureContextOptions | undefined;
  readonly apiAudiences: readonly string[] | undefined;
  /** Requests of this namespace pass policies unseen. */
  readonly alwaysAcceptNamespace?: string | undefined;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** Where evaluations are told of; undefined: nowhere. */
  readonly telemetry?: TelemetryLink | undefined;
  /** The control page of the thread. */
  readonly control: WebAssembly.Memory;
  readonly generation: GenerationSpec;
  /** The way to whoever answers host calls; undefined: they are refused. */
  readonly hostCalls?: ClientOptions | undefined;
}

/** Control thread → serving thread. */
export type ToServing =
  /** Make the guests of a generation and warm them, beside what serves. Answered by `prepared`. */
  | { readonly type: 'prepare'; readonly spec: GenerationSpec }
  /** Serve this generation, which is prepared, from the next request on. Answered by `released` for the one it replaces. */
  | { readonly type: 'activate'; readonly number: number; readonly replaces: number }
  | { readonly type: 'certificates'; readonly tls: SecureContextOptions }
  /** The outcome of a call that this thread has given away. */
  | { readonly type: 'outcome'; readonly id: number; readonly evaluated: Evaluated }
  /** Answered by `families`. */
  | { readonly type: 'collect' }
  /** Answered by `drained`. */
  | { readonly type: 'drain'; readonly limitMs: number };

/** Serving thread → control thread. */
export type FromServing =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'prepared'; readonly number: number }
  /** No request of the thread uses this generation any more. */
  | { readonly type: 'released'; readonly number: number }
  /** A call that would hold this thread up: run it on an evaluation thread. */
  | {
      readonly type: 'call';
      readonly id: number;
      readonly key: number;
      readonly operation: string;
      readonly input: readonly Uint8Array[];
      readonly facts: CallFacts | undefined;
    }
  | { readonly type: 'families'; readonly families: readonly Family[] }
  | { readonly type: 'drained' };
