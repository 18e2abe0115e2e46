import type { Outcome } from '@ostiary/sandbox';
import { answerCause, readPolicyAnswer } from './answer.ts';
import { answerText, clip, failureText } from './failure.ts';
import { JUDGE_OPERATIONS, type PolicyKind } from './kind.ts';
import { inputOf, type Payload } from './payload.ts';
import { readGatekeeperResult, readOpaResult, ResultError } from './rego.ts';
import type { PolicyRequest } from './request.ts';
import { type PolicyResponse, rejection } from './response.ts';

/** Calls a loaded policy with the concatenation of `input`. Never throws and never rejects. */
export type CallPolicy = (
  operation: (typeof JUDGE_OPERATIONS)[PolicyKind],
  input: readonly Uint8Array[],
) => Outcome | Promise<Outcome>;

/** A loaded module as a policy: a policy of its own, or a member of a group. */
export interface Judge {
  readonly kind: PolicyKind;
  readonly payload: Payload;
  readonly call: CallPolicy;
}

/** A verdict, and why it is not the policy's own: the policy gave none that can be used. */
export interface Judgement {
  readonly response: PolicyResponse;
  /** For logs; without what the guest wrote to standard error. */
  readonly failure: string | undefined;
}

const RAW_GATEKEEPER = 'internal server error: Gatekeeper does not support raw validation requests';

/** Asks one policy. Never throws: what goes wrong is a rejection with code 500. At once when the call answers at once. */
export function judge(judging: Judge, request: PolicyRequest): Judgement | Promise<Judgement> {
  if (judging.kind === 'gatekeeper' && request.raw) return failed(request, RAW_GATEKEEPER, RAW_GATEKEEPER);
  const outcome = judging.call(JUDGE_OPERATIONS[judging.kind], inputOf(judging.payload, request));
  return outcome instanceof Promise
    ? outcome.then((settled) => judgementOf(judging.kind, settled, request))
    : judgementOf(judging.kind, outcome, request);
}

function judgementOf(kind: PolicyKind, outcome: Outcome, request: PolicyRequest): Judgement {
  if (!outcome.ok) return failed(request, failureText(kind, outcome.failure), outcome.failure.message);
  try {
    return { response: read(kind, outcome.output, request), failure: undefined };
  } catch (error) {
    const cause = error instanceof ResultError ? error.message : answerCause(error);
    return failed(request, answerText(kind, cause), cause);
  }
}

function read(kind: PolicyKind, output: Uint8Array, request: PolicyRequest): PolicyResponse {
  switch (kind) {
    case 'wapc':
    case 'wasi':
      return readPolicyAnswer(output, request);
    case 'opa':
      return readOpaResult(output, request);
    case 'gatekeeper':
      return readGatekeeperResult(output, request);
  }
}

function failed({ uid }: PolicyRequest, message: string, cause: string): Judgement {
  return { response: rejection(uid, message, 500), failure: clip(cause) };
}
