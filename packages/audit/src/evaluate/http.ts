import { systemClock, type Clock } from '@ostiary/kube';
import type { PlannedPolicy } from '../plan/plan.ts';
import { readAnswer } from './answer.ts';
import { openConnections, type TlsFiles } from './connections.ts';
import type { Evaluator } from './evaluator.ts';
import { createPatience } from './patience.ts';
import { postJson } from './post.ts';

export interface HttpEvaluatorOptions extends TlsFiles {
  /** The address of the server that has a policy, without a path. */
  readonly serverOf: (policy: PlannedPolicy) => URL;
  readonly maxSockets: number;
  /** Default: 30 s. */
  readonly patienceMs?: number | undefined;
  readonly onOutage?: ((server: string) => void) | undefined;
  readonly clock?: Clock | undefined;
}

const DEFAULT_PATIENCE_MS = 30_000;

/**
 * Connections live no longer than this: new ones reach pods that have come since, and are made with the certificates
 * that the files hold by then.
 */
const CONNECTION_LIFETIME_MS = 30_000;

/** Asks policy servers at `/audit/<policy>`. Throws AuditError `bad-certificates` when the files can't be read. */
export async function createHttpEvaluator(options: HttpEvaluatorOptions): Promise<Evaluator> {
  const { serverOf, clock = systemClock, onOutage, patienceMs = DEFAULT_PATIENCE_MS } = options;
  const patience = createPatience({ patienceMs, clock, ...(onOutage === undefined ? {} : { onOutage }) });
  let connections = await openConnections(options, options.maxSockets);
  let openedAt = clock.now();

  const refresh = async (): Promise<void> => {
    if (clock.now() - openedAt < CONNECTION_LIFETIME_MS) return;
    openedAt = clock.now();
    try {
      const next = await openConnections(options, options.maxSockets);
      void connections.retire();
      connections = next;
    } catch {
      // Files that are being replaced can be missing or of two minds for a moment: the old connections do until then.
    }
  };
  return {
    evaluate: (planned, review, signal) => {
      const server = serverOf(planned);
      const path = `/audit/${encodeURIComponent(planned.id)}`;
      const { timeoutMs } = planned.policy;
      const ask = async (): ReturnType<Evaluator['evaluate']> => {
        await refresh();
        // Picked only now, and asked in the same turn: while this waited, another request may have replaced them.
        return readAnswer(await postJson(connections.to(server), path, review, { timeoutMs, signal }));
      };
      return patience.during(server.origin, ask, signal);
    },
    close: () => connections.retire(),
  };
}
