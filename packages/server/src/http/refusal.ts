import { MAX_BODY_BYTES } from '../limits.ts';
import { BODY_TOO_LARGE } from './parser.ts';
import { problem, type HttpProblem } from './problem.ts';
import { targetOf, type Target } from './routes.ts';

/** What decides whether a request is answered, before its body is read; each protocol fills it from its own head. */
export interface RequestFacts {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  /** The number of body bytes, or `chunked` when it is not known before. */
  readonly length: number | 'chunked';
  /** Whether the body is declared as JSON, or not declared at all. */
  readonly json: boolean;
  /** Whether the body is declared as something. */
  readonly typed: boolean;
  /** Whether the body has a content coding. */
  readonly encoded: boolean;
  /** Whether the client expects something else than `100-continue`. */
  readonly expectsMore: boolean;
}

interface Refusals {
  readonly postOnly: HttpProblem;
  readonly jsonOnly: HttpProblem;
  readonly noCoding: HttpProblem;
  readonly unknownExpectation: HttpProblem;
  readonly tooLarge: HttpProblem;
}

const NO_ENDPOINT = problem(404, 'there is no such endpoint');
const NO_POLICIES = problem(404, '', 'empty');

const AT_GATES: Refusals = {
  postOnly: problem(405, 'this endpoint takes POST only'),
  jsonOnly: problem(415, 'expected a request with Content-Type: application/json'),
  noCoding: problem(415, 'expected a request body without Content-Encoding'),
  unknownExpectation: problem(417, 'no expectation but 100-continue can be met'),
  tooLarge: BODY_TOO_LARGE,
};

/** Wordings that clients of a policy server know (contract: policy-server §4.5). */
const AT_POLICIES: Refusals = {
  postOnly: ofPolicy(AT_GATES.postOnly),
  jsonOnly: problem(415, 'Expected request with `Content-Type: application/json`', 'policy'),
  noCoding: ofPolicy(AT_GATES.noCoding),
  unknownExpectation: ofPolicy(AT_GATES.unknownExpectation),
  tooLarge: problem(413, 'Failed to buffer the request body: length limit exceeded', 'policy'),
};

/** Whether a target or a refusal of it is a target. */
export function isTarget(target: Target | HttpProblem): target is Target {
  return typeof target === 'string' || 'origin' in target;
}

/**
 * What a request is for, or why it gets no decision; said before its body is read.
 *
 * @param policies Whether policies are served at all
 */
export function targetFor(facts: RequestFacts, policies: boolean): Target | HttpProblem {
  const target = targetOf(facts.target);
  if (target === undefined) return NO_ENDPOINT;
  if (typeof target === 'string') return refuse(facts, AT_GATES) ?? target;
  if (!policies) return NO_POLICIES;
  if (!('origin' in target)) return target;
  return refuse(facts, AT_POLICIES) ?? (facts.typed ? target : AT_POLICIES.jsonOnly);
}

/** The same refusal as the one who sent the request expects it: those of the parser don't know what the request is for. */
export function refusalAt(target: Target | HttpProblem | undefined, why: HttpProblem): HttpProblem {
  const isPolicy = typeof target === 'object' && 'origin' in target;
  if (!isPolicy) return why;
  return why === BODY_TOO_LARGE ? AT_POLICIES.tooLarge : ofPolicy(why);
}

function refuse(facts: RequestFacts, refusals: Refusals): HttpProblem | undefined {
  if (facts.method !== 'POST') return refusals.postOnly;
  if (!facts.json) return refusals.jsonOnly;
  if (facts.encoded) return refusals.noCoding;
  if (facts.expectsMore) return refusals.unknownExpectation;
  return facts.length !== 'chunked' && facts.length > MAX_BODY_BYTES ? refusals.tooLarge : undefined;
}

function ofPolicy({ status, message }: HttpProblem): HttpProblem {
  return problem(status, message, 'policy');
}
