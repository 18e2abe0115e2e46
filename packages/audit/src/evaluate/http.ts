import type { Agent } from 'node:https';
import { systemClock, type Clock } from '@ostiary/kube';
import type { PlannedPolicy } from '../plan/plan.ts';
import { readAnswer } from './answer.ts';
import { createAgent, type TlsFiles } from './certificates.ts';
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
const AGENT_LIFETIME_MS = 30_000;

/** Asks policy servers at `/audit/<policy>`. Throws AuditError `bad-certificates` when the files can't be read. */
export async function createHttpEvaluator(options: HttpEvaluatorOptions): Promise<Evaluator> {
  const { serverOf, clock = systemClock, onOutage, patienceMs = DEFAULT_PATIENCE_MS } = options;
  const patience = createPatience({ patienceMs, clock, ...(onOutage === undefined ? {} : { onOutage }) });
  let agent = await createAgent(options, options.maxSockets);
  let madeAt = clock.now();

  const freshAgent = async (): Promise<Agent> => {
    if (clock.now() - madeAt < AGENT_LIFETIME_MS) return agent;
    madeAt = clock.now();
    try {
      const next = await createAgent(options, options.maxSockets);
      retire(agent);
      agent = next;
    } catch {
      // Files that are being replaced can be missing for a moment: the old agent does until the next look.
    }
    return agent;
  };
  return {
    evaluate: (planned, review, signal) => {
      const server = serverOf(planned);
      const url = new URL(`/audit/${encodeURIComponent(planned.id)}`, server);
      const { timeoutMs } = planned.policy;
      return patience.during(
        server.origin,
        async () => readAnswer(await postJson(url, review, { agent: await freshAgent(), timeoutMs, signal })),
        signal,
      );
    },
    close: async () => retire(agent),
  };
}

/** Lets requests under way end; their connections are not kept. */
function retire(agent: Agent): void {
  agent.maxFreeSockets = 0;
  for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}
