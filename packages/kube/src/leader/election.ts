import type { KubeClient } from '../client/client.ts';
import { systemClock, type Clock } from '../clock.ts';
import { isKubeError } from '../errors.ts';
import { create, get, update } from '../verbs.ts';
import { heldSpec, LEASES, releasedSpec, sameSpec, type Lease, type LeaseSpec } from './lease.ts';

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  /** Of the Lease. */
  readonly namespace: string;
  readonly name: string;
  /** Has to be another for every process, as a pod's name is. */
  readonly identity: string;
  /** How long others leave a lease alone that isn't renewed. Default: 15. */
  readonly leaseSeconds?: number;
  /** After how long without a renewal the leader gives up; below `leaseSeconds`. Default: 10. */
  readonly renewSeconds?: number;
  /** Between two attempts to take or renew; below `renewSeconds`. Default: 2. */
  readonly retrySeconds?: number;
  /** Leads until the signal aborts, which has to end everything a leader does. What it throws ends the election. */
  readonly onStarted: (signal: AbortSignal) => void | Promise<void>;
  /** Called once after the signal has aborted and `onStarted` has ended. */
  readonly onStopped?: () => void;
  /** Ends the candidacy; a held lease is given back. */
  readonly signal: AbortSignal;
  /** Hears of attempts that failed. Default: dropped. */
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
}

/** `cancelled`: the signal aborted. `lost`: this process led, and may not any more. */
export type LeaderElectionOutcome = 'cancelled' | 'lost';

/** What the last look at the lease showed. */
interface Observation {
  readonly lease: Lease | undefined;
  /** When the record was first seen as it is, by our own monotonic clock: what others write as time is not trusted. */
  readonly at: number;
}

/** Retries spread by up to a fifth more, so that candidates don't collide again and again. */
const JITTER = 0.2;

/**
 * Waits for the lease, leads, and resolves when that is over (contract: controller §7). A leader stops before anyone
 * else may start as long as `renewSeconds` is below `leaseSeconds` and clocks run at about the same speed. To try again
 * after `lost`, call it again. Throws TypeError for times that make no sense, and what `onStarted` throws.
 */
export async function runLeaderElection(options: LeaderElectionOptions): Promise<LeaderElectionOutcome> {
  const { client, namespace, name, identity, clock = systemClock, signal, onError = () => {} } = options;
  const { leaseSeconds = 15, renewSeconds = 10, retrySeconds = 2 } = options;
  if (!(leaseSeconds > renewSeconds && renewSeconds > retrySeconds && retrySeconds > 0)) {
    throw new TypeError('a lease has to last longer than its renewal, and that longer than a retry');
  }
  if (identity === '') throw new TypeError('a candidate needs an identity');
  let seen: Observation = { lease: undefined, at: -Infinity };

  const observe = (lease: Lease): void => {
    if (seen.lease === undefined || !sameSpec(seen.lease.spec, lease.spec)) seen = { lease, at: clock.now() };
    // The version belongs to the next write even if the record is the same.
    else seen = { lease, at: seen.at };
  };
  const heldByOther = (spec: LeaseSpec | undefined): boolean =>
    spec?.holderIdentity !== undefined && spec.holderIdentity !== '' && spec.holderIdentity !== identity;

  /** True if the lease is ours now. */
  const acquireOrRenew = async (timeoutMs: number): Promise<boolean> => {
    const limits = { timeoutMs };
    const lease = await get<Lease>(client, LEASES, { namespace, name }, limits).catch((error: unknown) => {
      if (isKubeError(error, 'not-found')) return undefined;
      throw error;
    });
    if (lease !== undefined) observe(lease);
    const spec = lease?.spec;
    const lastsMs = (spec?.leaseDurationSeconds ?? leaseSeconds) * 1000;
    if (lease !== undefined && heldByOther(spec) && clock.now() < seen.at + lastsMs) return false;
    const next = heldSpec(spec, identity, leaseSeconds, clock.date());
    const written =
      lease === undefined
        ? await create<Lease>(
            client,
            LEASES,
            { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name }, spec: next },
            limits,
          )
        : await update<Lease>(client, LEASES, { ...lease, spec: next }, limits);
    observe(written);
    return true;
  };
  const attempt = async (timeoutMs: number): Promise<boolean> => {
    try {
      return await acquireOrRenew(timeoutMs);
    } catch (error) {
      // Someone else was quicker: no failure, the next look shows who.
      if (!signal.aborted && !isKubeError(error, 'conflict', 'already-exists')) onError(error);
      return false;
    }
  };
  const pause = (stop: AbortSignal): Promise<void> =>
    clock.sleep(retrySeconds * 1000 * (1 + clock.random() * JITTER), stop);

  /** Resolves when the lease must be taken for lost, or `stop` aborts. */
  const renew = async (startedAt: number, stop: AbortSignal): Promise<void> => {
    let renewedAt = startedAt;
    for (;;) {
      await clock.sleep(retrySeconds * 1000, stop);
      const left = renewedAt + renewSeconds * 1000 - clock.now();
      if (stop.aborted || left <= 0) return;
      // The renewal counts from before it was sent: others count from when they see it, which is later.
      const sentAt = clock.now();
      if (await attempt(left)) renewedAt = sentAt;
      else if (heldByOther(seen.lease?.spec)) return;
      if (clock.now() - renewedAt >= renewSeconds * 1000) return;
    }
  };
  const release = async (): Promise<void> => {
    const { lease } = seen;
    if (lease?.spec?.holderIdentity !== identity) return;
    const released = { ...lease, spec: releasedSpec(lease.spec, clock.date()) };
    await update<Lease>(client, LEASES, released, { timeoutMs: renewSeconds * 1000 }).catch(onError);
  };
  const lead = async (startedAt: number): Promise<LeaderElectionOutcome> => {
    const leading = new AbortController();
    const stopRenewing = new AbortController();
    const cancel = (): void => leading.abort();
    signal.addEventListener('abort', cancel, { once: true });
    const renewal = renew(startedAt, stopRenewing.signal).finally(cancel);
    try {
      // A callback that returns at once goes on leading; one that throws gives up.
      await options.onStarted(leading.signal);
      await aborted(leading.signal);
    } finally {
      const mayRelease = !leading.signal.aborted || signal.aborted;
      leading.abort();
      stopRenewing.abort();
      await renewal;
      signal.removeEventListener('abort', cancel);
      options.onStopped?.();
      if (mayRelease) await release();
    }
    return signal.aborted ? 'cancelled' : 'lost';
  };

  while (!signal.aborted) {
    const sentAt = clock.now();
    if (await attempt(renewSeconds * 1000)) return lead(sentAt);
    await pause(signal);
  }
  return 'cancelled';
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}
