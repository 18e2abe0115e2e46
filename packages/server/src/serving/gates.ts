import { admit, authenticate, authorize, type Decision, type GateAnswer } from '@ostiary/policy';
import type { Reply } from '../http/front.ts';
import type { Endpoint } from '../http/routes.ts';
import type { Log } from '../log.ts';
import type { GateMetrics } from '../metrics/gate-metrics.ts';
import type { Generation } from './generation.ts';
import type { Lease } from './generations.ts';

export interface GatesOptions {
  /** The generation that serves at this moment; a request keeps the one it started with. */
  readonly acquire: () => Lease;
  /** The API server's own audiences, when they are known (`--api-audiences`). */
  readonly apiAudiences: readonly string[] | undefined;
  readonly metrics: GateMetrics;
  readonly log: Log;
}

/** Answers a request body at an endpoint, counts it, and logs what failed. */
export function createGates(options: GatesOptions): (endpoint: Endpoint, body: Uint8Array) => Promise<Reply> {
  const { metrics, log } = options;
  return async (endpoint, body) => {
    const started = performance.now();
    const lease = options.acquire();
    const answer = await decide(endpoint, body, lease.generation, options.apiAudiences).catch((error: unknown) =>
      internalError(error, endpoint, log),
    );
    lease.release();
    metrics.request(endpoint, answer.decision, (performance.now() - started) / 1000);
    for (const { module, message, stderr } of answer.failures ?? []) {
      metrics.failure(endpoint, module);
      // A module may write anything to standard error, objects too: it is shown for those that are being debugged.
      const shown = lease.generation.debugged.has(module) ? stderr || undefined : undefined;
      log('warn', 'module failed', { gate: endpoint, module, cause: message, stderr: shown });
    }
    return answer;
  };
}

type Answered = Reply & { readonly decision: Decision | 'off' } & Partial<Pick<GateAnswer, 'failures'>>;

async function decide(
  endpoint: Endpoint,
  body: Uint8Array,
  { authentication, authorization, admission }: Generation,
  apiAudiences: readonly string[] | undefined,
): Promise<Answered> {
  switch (endpoint) {
    case 'authn':
      return authentication
        ? authenticate(authentication, body, apiAudiences && { apiAudiences })
        : off('authentication');
    case 'authz':
      return authorization ? authorize(authorization, body) : off('authorization');
    case 'admit':
      return admission ? admit(admission, body, 'validating') : off('admission');
    case 'admit-mut':
      return admission ? admit(admission, body, 'mutating') : off('admission');
  }
}

/** 404 makes the API server treat the webhook as failing: a gate that is off grants nothing. */
function off(gate: string): Answered {
  return { status: 404, decision: 'off', body: JSON.stringify({ message: `the ${gate} gate is not configured` }) };
}

/** A defect of ours must fail the request, not the process; the API server's failure policy then applies. */
function internalError(error: unknown, endpoint: Endpoint, log: Log): Answered {
  log('error', 'request failed', {
    gate: endpoint,
    cause: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  return { status: 500, decision: 'error', body: JSON.stringify({ message: 'something went wrong' }) };
}
