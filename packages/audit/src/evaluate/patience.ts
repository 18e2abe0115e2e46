import type { Clock } from '@ostiary/kube';
import { EvaluationError } from './evaluator.ts';

/** How an outage of policy servers is borne: requests come again until one server has been gone for too long. */
export interface Patience {
  /** Repeats `ask` while it throws EvaluationError `unavailable` and there is patience left. */
  readonly during: <T>(server: string, ask: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
}

export interface PatienceOptions {
  /** From the first failure of a server on. Later requests fail at their first attempt until one succeeds again. */
  readonly patienceMs: number;
  readonly clock: Clock;
  readonly onOutage?: (server: string) => void;
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2000;

export function createPatience({ patienceMs, clock, onOutage }: PatienceOptions): Patience {
  /** When a server that is gone now failed first. */
  const goneSince = new Map<string, number>();
  const failed = (server: string): boolean => {
    const since = goneSince.get(server);
    if (since !== undefined) return clock.now() - since > patienceMs;
    goneSince.set(server, clock.now());
    onOutage?.(server);
    return patienceMs === 0;
  };
  return {
    during: async (server, ask, signal) => {
      for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, MAX_DELAY_MS)) {
        try {
          const answer = await ask();
          goneSince.delete(server);
          return answer;
        } catch (error) {
          const isGone = error instanceof EvaluationError && error.code === 'unavailable';
          if (!isGone) goneSince.delete(server);
          if (!isGone || failed(server) || signal?.aborted === true) throw error;
        }
        // Jitter keeps the hundred requests of a page from coming back in one moment.
        await clock.sleep(delay * (0.5 + clock.random()), signal);
      }
    },
  };
}
