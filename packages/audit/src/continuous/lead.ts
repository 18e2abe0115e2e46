import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { runLeaderElection, systemClock } from '@ostiary/kube';
import { auditContinuously, type ContinuousOptions } from './continuous.ts';

export interface LeadOptions extends ContinuousOptions {
  /** Times of the lease; see `runLeaderElection` for what they are if nobody says. */
  readonly lease?:
    | { readonly leaseSeconds?: number; readonly renewSeconds?: number; readonly retrySeconds?: number }
    | undefined;
  /** Default: the host's name and something of this process alone. */
  readonly identity?: string | undefined;
}

const NOTHING_FOUND: ReadonlyMap<string, number> = new Map();

/** After a lease that was lost: who holds it now has just taken it. */
const RETRY_MS = 2000;

/**
 * Audits continuously while this process holds the lease, and waits for it otherwise: of several replicas, one asks the
 * policies and writes reports. A replica that takes over begins with the reports that there are. Throws what
 * `auditContinuously` throws.
 */
export async function auditAsLeader(options: LeadOptions): Promise<void> {
  const { client, log, metrics, deploymentsNamespace, lease, clock = systemClock } = options;
  const { identity = `${hostname()}_${randomUUID()}`, signal = new AbortController().signal } = options;
  const name = leaseName(options);
  while (!signal.aborted) {
    log.info('waiting for the lease', { lease: name, identity });
    const outcome = await runLeaderElection({
      ...lease,
      client,
      namespace: deploymentsNamespace,
      name,
      identity,
      clock,
      signal,
      onError: (error) =>
        log.warn('the lease could not be read or renewed', { cause: error instanceof Error ? error.message : '' }),
      onStarted: async (leading) => {
        log.info('leading', { identity });
        metrics?.leading(true);
        await auditContinuously({ ...options, signal: leading });
      },
      onStopped: () => {
        metrics?.leading(false);
        // From now on somebody else counts them: two replicas that export findings would add up to twice as many.
        metrics?.results(() => NOTHING_FOUND);
      },
    });
    if (outcome === 'cancelled') return;
    log.warn('the lease is lost', { identity });
    await clock.sleep(RETRY_MS, signal);
  }
}

/** Scanners of different things may work side by side. */
export function leaseName({ namespace, clusterOnly }: Pick<LeadOptions, 'namespace' | 'clusterOnly'>): string {
  if (clusterOnly === true) return 'ostiary-audit.cluster';
  return namespace === undefined ? 'ostiary-audit' : `ostiary-audit.namespace.${namespace}`;
}
