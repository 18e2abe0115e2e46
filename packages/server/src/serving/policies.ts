import {
  BodyError,
  constrain,
  judge,
  judgeGroup,
  readPolicyRequest,
  readRawRequest,
  rejection,
  renderResponse,
  type Judgement,
  type PolicyRequest,
  type PolicyResponse,
} from '@ostiary/policy';
import type { PolicyEndpoint, PolicyOrigin, PolicyReply } from '../http/front.ts';
import type { Log } from '../log.ts';
import type { PolicyMetrics } from '../metrics/policy-metrics.ts';
import type { Lease } from './generations.ts';
import type { ServedPolicies, ServedPolicy } from './served-policies.ts';

/** One evaluation, for logs, metrics and traces: told after its answer is made. Never has settings or objects. */
export interface PolicyRecord {
  readonly policy: string;
  readonly mode: 'protect' | 'monitor';
  readonly origin: PolicyOrigin;
  /** The policy's own verdict, before the configuration changes it. */
  readonly verdict: PolicyResponse;
  /** What was answered. */
  readonly response: PolicyResponse;
  /** Whether the policy was asked; not when it could not be loaded, or the namespace is always accepted. */
  readonly evaluated: boolean;
  /** From the body to the verdict, in milliseconds. */
  readonly ms: number;
  /** Facts of the request are read from it by `requestFacts`. */
  readonly request: PolicyRequest;
}

export interface PoliciesOptions {
  /** The generation that serves at this moment; a request keeps the one it started with. */
  readonly acquire: () => Lease;
  /** Requests of this namespace are allowed unseen, audits too. */
  readonly alwaysAcceptNamespace: string | undefined;
  readonly metrics: PolicyMetrics;
  readonly log: Log;
  /** Hears of every evaluation; must not throw. */
  readonly record?: ((record: PolicyRecord) => void) | undefined;
}

/** What was decided, and of whom. */
interface Decided {
  readonly served: ServedPolicy;
  readonly verdict: PolicyResponse;
  readonly response: PolicyResponse;
  readonly evaluated: boolean;
  readonly failures: readonly Failure[];
}

/** A policy or a member that gave no verdict of its own, and why. */
interface Failure {
  readonly policy: string;
  readonly cause: string;
}

const WENT_WRONG: PolicyReply = { status: 500, body: problem('Something went wrong', 500) };

/**
 * Answers `/validate/ID`, `/audit/ID` and `/validate_raw/ID` (contract: policy-server §4.2–4.6, §5). Never throws, never
 * rejects. At once when the policy answers at once: waiting where nothing is to be waited for would cost every request
 * some turns of the queue.
 */
export function createPolicies(options: PoliciesOptions): PolicyEndpoint {
  return (origin, id, body) => {
    const asked: Asked = { origin, id, body, started: performance.now() };
    const lease = options.acquire();
    try {
      const replying = reply(options, lease.generation.policies, asked);
      if (replying instanceof Promise) {
        return replying.catch((error: unknown) => failed(error, id, options.log)).finally(() => lease.release());
      }
      lease.release();
      return replying;
    } catch (error) {
      lease.release();
      return failed(error, id, options.log);
    }
  };
}

interface Asked {
  readonly origin: PolicyOrigin;
  readonly id: string;
  readonly body: Uint8Array;
  /** A time of {@link performance.now}. */
  readonly started: number;
}

/** Throws BodyError, and what is a defect of ours. */
function reply(
  options: PoliciesOptions,
  policies: ServedPolicies | undefined,
  { origin, id, body, started }: Asked,
): PolicyReply | Promise<PolicyReply> {
  const request = origin === 'validate_raw' ? readRawRequest(body) : readPolicyRequest(body);
  const served = policies?.get(id);
  if (served === undefined) return { status: 404, body: problem(`unknown policy: ${id}`, 404) };
  const answer = (decided: Decided): PolicyReply => {
    tell(options, { origin, request, ms: performance.now() - started, ...decided });
    return { status: 200, body: renderResponse(decided.response, request.raw) };
  };
  const deciding = decide(served, origin, request, options.alwaysAcceptNamespace);
  return deciding instanceof Promise ? deciding.then(answer) : answer(deciding);
}

/** A defect of ours must fail the request, not the process; the API server's failure policy then applies. */
function failed(error: unknown, policy: string, log: Log): PolicyReply {
  if (error instanceof BodyError) return { status: error.status, body: problem(error.message, error.status) };
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  log('error', 'policy request failed', { policy, cause });
  return WENT_WRONG;
}

function decide(
  served: ServedPolicy,
  origin: PolicyOrigin,
  request: PolicyRequest,
  alwaysAccept: string | undefined,
): Decided | Promise<Decided> {
  if (alwaysAccept !== undefined && !request.raw && request.namespace === alwaysAccept) {
    const accepted: PolicyResponse = { uid: request.uid, allowed: true };
    return { served, verdict: accepted, response: accepted, evaluated: false, failures: [] };
  }
  if (served.kind === 'failed') {
    // Not even monitor mode softens this: nobody has looked at the request.
    const verdict = rejection(request.uid, served.error, 500);
    return { served, verdict, response: verdict, evaluated: false, failures: [] };
  }
  const judged = judgementOf(served, request);
  return judged instanceof Promise
    ? judged.then((settled) => decidedBy(served, origin, settled))
    : decidedBy(served, origin, judged);
}

function decidedBy(served: ServedPolicy, origin: PolicyOrigin, { verdict, failures }: Judged): Decided {
  const response = origin === 'audit' ? verdict : constrain(verdict, served.constraints);
  return { served, verdict, response, evaluated: true, failures };
}

type Judged = Pick<Decided, 'verdict' | 'failures'>;

function judgementOf(
  served: Exclude<ServedPolicy, { kind: 'failed' }>,
  request: PolicyRequest,
): Judged | Promise<Judged> {
  if (served.kind === 'group') return judgedGroup(served, request);
  const judged = judge(served.judge, request);
  const { id } = served.constraints;
  return judged instanceof Promise ? judged.then((settled) => judgedAs(id, settled)) : judgedAs(id, judged);
}

function judgedAs(policy: string, { response, failure }: Judgement): Judged {
  return { verdict: response, failures: failure === undefined ? NONE : [{ policy, cause: failure }] };
}

const NONE: readonly Failure[] = [];

async function judgedGroup(
  { constraints, group }: Extract<ServedPolicy, { kind: 'group' }>,
  request: PolicyRequest,
): Promise<Judged> {
  const { response, failures } = await judgeGroup(group, request);
  const named = failures.map(({ member, cause }) => ({ policy: `${constraints.id}/${member}`, cause }));
  return { verdict: response, failures: named };
}

function tell(
  { metrics, log, record }: PoliciesOptions,
  told: Decided & Pick<PolicyRecord, 'origin' | 'request' | 'ms'>,
): void {
  const { served, origin, request, verdict, response, evaluated, failures, ms } = told;
  const { id: policy, mode } = served.constraints;
  if (served.kind === 'failed' && !response.allowed) metrics.unready(policy);
  else metrics.evaluated({ policy, mode, origin, request, verdict, ms });
  if (mode === 'monitor' && origin !== 'audit' && evaluated && (!verdict.allowed || verdict.patch !== undefined)) {
    const { allowed, patch, status } = verdict;
    log('info', 'policy evaluation (monitor mode)', {
      policy,
      allowed,
      mutated: patch !== undefined,
      code: status?.code,
    });
  }
  for (const failure of failures) log('warn', 'policy failed', { ...failure });
  record?.({ policy, mode, origin, verdict, response, evaluated, ms, request });
}

function problem(message: string, status: number): string {
  return JSON.stringify({ message, status });
}
