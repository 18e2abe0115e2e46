import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createWorkQueue, isKubeError, runLeaderElection, type WorkQueue, type WorkQueueMetrics } from '@ostiary/kube';
import type { Context, Key } from '../reconcile/context.ts';
import { enqueueAll, reconcile } from '../reconcile/dispatch.ts';
import { messageOf } from './log.ts';

/** Times of the lease; see `runLeaderElection` for what they are if nobody says. */
export interface LeaseTimes {
  readonly leaseSeconds?: number;
  readonly renewSeconds?: number;
  readonly retrySeconds?: number;
}

/** Outcomes of reconciles since the start, by kind. */
export type ReconcileCounts = ReadonlyMap<string, { readonly success: number; readonly error: number }>;

/** The part of the process that writes: of several replicas, one at a time. */
export interface Leader {
  readonly isLeading: () => boolean;
  readonly counts: ReconcileCounts;
  readonly queue: () => WorkQueueMetrics | undefined;
  /** Does nothing while another replica leads. */
  readonly enqueue: Context['enqueue'];
  /** Leads, now and then or always, until the signal aborts. */
  readonly run: (context: Context, signal: AbortSignal) => Promise<void>;
}

export const LEASE_NAME = 'a4ddbf36.kubewarden.io';
const WORKERS = 4;

/** A reconcile that fails is repeated after 100 ms, then twice that, up to a minute. */
const RATE = { baseDelayMs: 100, maxDelayMs: 60_000, perSecond: 50, burst: 500 } as const;

/** After an election that failed altogether. */
const RETRY_MS = 2000;

export function createLeader(leaderElect: boolean, times: LeaseTimes): Leader {
  let queue: WorkQueue<Key> | undefined;
  const counts = new Map<string, { success: number; error: number }>();
  const count = (key: string, result: 'success' | 'error'): void => {
    const kind = key.slice(0, key.indexOf('/'));
    const known = counts.get(kind) ?? { success: 0, error: 0 };
    counts.set(kind, { ...known, [result]: known[result] + 1 });
  };
  const enqueue: Context['enqueue'] = (key, delayMs = 0) => queue?.addAfter(key, delayMs);

  const lead = async (context: Context, signal: AbortSignal): Promise<void> => {
    const { clock, log, caches } = context;
    log('info', 'leading');
    const own = createWorkQueue<Key>({
      clock,
      rate: RATE,
      onError: (key, error) => {
        count(key, 'error');
        // The cache was behind: no failure, the next look sees what is there.
        const level = isKubeError(error, 'conflict', 'already-exists') ? 'debug' : 'warn';
        log(level, 'reconcile failed, will be tried again', { key, cause: messageOf(error) });
      },
    });
    queue = own;
    forgetTerm(context);
    enqueueAll(caches, enqueue);
    await own.run(
      WORKERS,
      async (key) => {
        const result = await reconcile(context, key);
        count(key, 'success');
        return result;
      },
      signal,
    );
    queue = undefined;
  };
  return {
    isLeading: () => queue !== undefined,
    counts,
    queue: () => queue?.metrics(),
    enqueue,
    run: (context, signal) =>
      leaderElect ? elect(context, (term) => lead(context, term), signal, times) : lead(context, signal),
  };
}

/** What another leader may have changed meanwhile. */
function forgetTerm({ applier, history, lingering, revisions, delivered, caches }: Context): void {
  applier.forgetAll();
  lingering.clear();
  revisions.clear();
  delivered.clear();
  for (const { metadata } of caches.policyServers.list()) history.forget(metadata.name);
}

/** Stands for election again and again: who has lost a lease may win the next. */
async function elect(
  { client, options, log, clock }: Context,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  times: LeaseTimes,
): Promise<void> {
  const candidacy = {
    ...times,
    client,
    clock,
    signal,
    namespace: options.namespace,
    name: LEASE_NAME,
    identity: processIdentity(),
    onStarted: lead,
    onError: (error: unknown) => log('warn', 'the lease could not be had', { cause: messageOf(error) }),
  };
  while (!signal.aborted) {
    try {
      const outcome = await runLeaderElection(candidacy);
      log('info', 'leading no more', { outcome });
    } catch (error) {
      log('error', 'leading failed', { cause: messageOf(error) });
      await clock.sleep(RETRY_MS, signal);
    }
  }
}

/** Another for every process, and for people to recognise. */
export function processIdentity(): string {
  return `${podName()}_${randomUUID()}`;
}

/** Another for every replica, and the same after a restart. */
export function podName(): string {
  return process.env['OSTIARY_POD_NAME'] ?? hostname();
}
