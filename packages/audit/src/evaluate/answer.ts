import { isRecord, numberAt, recordAt, textAt } from '../json.ts';
import { EvaluationError, type AdmissionResponse } from './evaluator.ts';
import type { PostAnswer } from './post.ts';

/** A policy server puts what went wrong in a policy into a verdict with this code. */
const INTERNAL_ERROR = 500;

/** Statuses of a server, or of what stands before it, that will have passed later. */
const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The verdict in an answer of a policy server (contract: controller §8.3). Throws EvaluationError. */
export function readAnswer({ status, body }: PostAnswer): AdmissionResponse {
  if (BUSY.has(status)) throw new EvaluationError('unavailable', `the policy server answered with status ${status}`);
  if (status === 404) throw new EvaluationError('unknown-policy', 'the policy server does not have the policy');
  if (status !== 200) throw new EvaluationError('failed', `the policy server answered with status ${status}`);
  const response = recordAt(parse(body), 'response');
  const { allowed } = response;
  if (typeof allowed !== 'boolean') throw badAnswer();
  const state = recordAt(response, 'status');
  const [code, message] = [numberAt(state, 'code'), textAt(state, 'message')];
  if (code === INTERNAL_ERROR) throw new EvaluationError('failed', message ?? 'the policy could not be evaluated');
  return { allowed, status: { code, message } };
}

function parse(body: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (isRecord(value)) return value;
  } catch {
    // Said below: what the bytes were is nobody's business.
  }
  throw badAnswer();
}

function badAnswer(): EvaluationError {
  return new EvaluationError('bad-answer', "the policy server's answer is not an AdmissionReview with a verdict");
}
