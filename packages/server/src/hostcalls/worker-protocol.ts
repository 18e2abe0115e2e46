import type { HostCall } from '@ostiary/sandbox';
import type { LogFormat, LogLevel } from '../log.ts';
import type { Answered, Questioner } from './contract.ts';
import type { InventoryKind } from './inventory.ts';
import type { Versions } from './versions.ts';

/** What the capabilities are reached by, as plain data. */
export interface CapabilitySettings {
  /** Default: what the environment or the container says. */
  readonly kubeconfig?: string | undefined;
  /** Registries: authorities, insecure ones, proxies. */
  readonly sourcesPath?: string | undefined;
  readonly dockerConfigJsonPath?: string | undefined;
  /** Where Sigstore's roots are: a client trust configuration, or a folder that caches those of its update framework. */
  readonly sigstoreTrustConfig?: string | undefined;
  readonly sigstoreCacheDir?: string | undefined;
}

/** What the thread is born with. */
export interface CapabilityThreadData extends CapabilitySettings {
  readonly versions: Versions;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
}

/** Control thread → thread of the capabilities. */
export type ToCapabilities =
  | { readonly type: 'ask'; readonly id: number; readonly call: HostCall; readonly questioner: Questioner }
  | {
      readonly type: 'inventory';
      readonly id: number;
      readonly kind: InventoryKind;
      readonly questioner: Questioner;
    }
  /** Nobody waits for this answer any more. */
  | { readonly type: 'leave'; readonly id: number }
  /** The files that say how registries are reached and whom to trust have changed. */
  | { readonly type: 'reload' };

/** Thread of the capabilities → control thread. */
export type FromCapabilities =
  | { readonly type: 'answered'; readonly id: number; readonly answered: Answered }
  /** A defect; the cause is for operators alone. */
  | { readonly type: 'broken'; readonly id: number; readonly cause: string }
  | { readonly type: 'stats'; readonly stats: CapabilityReadings };

/** What the thread has counted. */
export interface CapabilityReadings {
  readonly watches: number;
  readonly objects: number;
  readonly bytes: number;
  readonly stale: number;
  readonly questions: ReadonlyMap<string, Readonly<Record<'ok' | 'failed' | 'denied', number>>>;
}
