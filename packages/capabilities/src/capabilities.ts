import type { HostCall } from '@ostiary/sandbox';
import type { Backend, Fetched } from './backend.ts';
import {
  localVersions,
  type Answered,
  type AnswerHostCall,
  type CapabilityLog,
  type Questioner,
  type ResourceKind,
  type Versions,
} from './contract.ts';
import { CapabilityError, messageForGuest } from './errors.ts';
import { admit, deniedKind, type GrantsRead } from './gate.ts';
import type { InventoryKind } from './inventory/document.ts';
import { Inventories } from './inventory/inventories.ts';
import type { WatchesStats } from './kubernetes/watches.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { createLiveBackend, type LiveOptions } from './live.ts';
import { parsePayload } from './request/decode.ts';
import { OPERATIONS } from './request/operations.ts';
import { listedBy } from './session/lists.ts';

export interface CapabilitiesOptions extends LiveOptions {
  /** Who answers in place of the world: a recorded session, or one that is being recorded. */
  readonly backend?: Backend | undefined;
}

/** What happened so far, for metrics. */
export interface CapabilityStats extends WatchesStats {
  /** Questions by `namespace/operation` and how they ended; unknown operations count as one. */
  readonly questions: ReadonlyMap<string, Readonly<Record<QuestionResult, number>>>;
}

export type QuestionResult = 'ok' | 'failed' | 'denied';

/** What guests may ask of their host. */
export interface Capabilities {
  /** Answers any host call, refusals included. Rejects only for a defect of ours. */
  readonly answer: AnswerHostCall;
  /**
   * What Rego policies see of these kinds: for OPA the value of `data.kubernetes`, for Gatekeeper the data document.
   * Whether a policy may see them is the caller's to know: Rego has no host calls that could be granted.
   */
  readonly inventory: (
    kind: InventoryKind,
    resources: readonly ResourceKind[],
    policy: string,
    signal: AbortSignal,
  ) => Promise<Answered>;
  readonly stats: () => CapabilityStats;
  readonly stop: () => Promise<void>;
}

const UNKNOWN = 'unknown';

/** Connects to nothing before the first question. */
export function createCapabilities(options: CapabilitiesOptions = {}): Capabilities {
  const versions: Versions = options.versions ?? localVersions();
  const log: CapabilityLog = options.log ?? (() => undefined);
  const live = createLiveBackend({ ...options, versions, log });
  const { backend = live } = options;
  const { inventoryMs, fetchMs } = { ...DEFAULT_LIMITS, ...options.limits };
  const inventories = new Inventories({
    listed: options.backend
      ? (kind, policy, signal) => listedBy(backend, kind, policy, signal)
      : (kind, policy, signal) => live.listed(kind, policy, signal),
    versions,
    everyMs: inventoryMs,
    limitMs: fetchMs,
  });
  live.onListChange((slot) => inventories.changed(slot));
  const known: GrantsRead = new Map();
  const questions = new Map<string, Record<QuestionResult, number>>();

  const count = (path: string, result: QuestionResult): void => {
    const counts = questions.get(path) ?? { ok: 0, failed: 0, denied: 0 };
    counts[result] += 1;
    questions.set(path, counts);
  };
  const deny = (path: string, error: string, { policy }: Questioner): Answered => {
    count(path, 'denied');
    log('warn', 'a host capability was refused', { policy, capability: path, error });
    return refused(error);
  };
  const answerRequest = async (
    call: HostCall,
    path: string,
    questioner: Questioner,
    signal: AbortSignal,
    read: (payload: unknown) => Parameters<Backend['ask']>[0],
  ): Promise<Answered> => {
    const request = read(parsePayload(call.payload));
    const error = deniedKind(request, questioner.grants);
    if (error !== undefined) return deny(path, error, questioner);
    const fetched = await backend.ask(request, questioner, signal);
    count(path, 'ok');
    return answered(fetched);
  };

  return {
    answer: async (call, questioner, signal) => {
      const admitted = admit(call, questioner.grants, known);
      const path = `${call.namespace}/${call.operation}`;
      if (isLog(call)) return answered({ payload: new Uint8Array(), validity: { kind: 'once' } });
      if (!admitted.ok) {
        if (admitted.reason === 'denied') return deny(counted(path), admitted.error, questioner);
        count(UNKNOWN, 'failed');
        return refused(admitted.error);
      }
      try {
        return await answerRequest(call, path, questioner, signal, admitted.read);
      } catch (error) {
        count(path, 'failed');
        return failure(error);
      }
    },
    inventory: async (kind, resources, policy, signal) => {
      try {
        return answered(await inventories.get({ kind, resources, policy }, signal));
      } catch (error) {
        return failure(error);
      }
    },
    stats: () => ({ ...live.stats(), questions }),
    stop: async () => {
      inventories.stop();
      await live.stop();
    },
  };
}

/** Paths come from guests: only such as exist are counted by name. */
function counted(path: string): string {
  return OPERATIONS.has(path) ? path : UNKNOWN;
}

function isLog({ binding, namespace, operation }: HostCall): boolean {
  return binding === 'kubewarden' && namespace === 'tracing' && operation === 'log';
}

function answered({ payload, validity }: Fetched): Answered {
  return { answer: { ok: true, payload }, validity };
}

function refused(error: string): Answered {
  return { answer: { ok: false, error }, validity: { kind: 'once' } };
}

/** The texts of payloads are passed on as they are, those of whoever was asked with a head (contract: policy-server §8.1). */
function failure(error: unknown): Answered {
  const message = messageForGuest(error);
  if (message === undefined) throw error;
  const isPayload = error instanceof CapabilityError && error.code === 'payload';
  return refused(isPayload ? message : `Callback evaluation failure: ${message}`);
}
