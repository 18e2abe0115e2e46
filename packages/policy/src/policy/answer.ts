import { causeOf } from '../ask.ts';
import { JsonError } from '../json/error.ts';
import { type Member, scanList } from '../json/scan.ts';
import { select } from '../json/selection.ts';
import { isUnset, textOf, valueOf } from '../json/text.ts';
import { skipSpace, OPEN_BRACE } from '../json/tokens.ts';
import { patchBetween } from '../admission/mutation.ts';
import { kindOf, ShapeError } from '../shape.ts';
import type { PolicyRequest } from './request.ts';
import type { PolicyResponse } from './response.ts';

const SELECTION = select('accepted', 'message', 'code', 'mutated_object', 'audit_annotations', 'warnings');

const NULL_OBJECT =
  'Incoming object is null, which happens only with DELETE operations, but the policy is attempting a mutation. This is not allowed';

/**
 * The verdict in a policy's answer, a Kubewarden ValidationResponse (contract: policy-server §5.4, §7.1). Names count
 * in their exact spelling and once. Throws ShapeError or JsonError.
 */
export function readPolicyAnswer(output: Uint8Array, request: PolicyRequest): PolicyResponse {
  const [acceptedAt, messageAt, codeAt, mutatedAt, annotationsAt, warningsAt] = scanList(output, SELECTION);
  if (output[skipSpace(output, 0)] !== OPEN_BRACE) throw new ShapeError('output', 'an object', 'another value');
  const accepted = acceptedAt && valueOf(output, acceptedAt);
  if (typeof accepted !== 'boolean') throw new ShapeError('accepted', 'a boolean', kindOf(accepted));
  const explanation = { message: message(output, messageAt), code: code(output, codeAt) };
  const explained = explanation.message !== undefined || explanation.code !== undefined;
  const mutated = isUnset(output, mutatedAt) ? undefined : mutatedAt;
  const verdict: PolicyResponse = {
    uid: request.uid,
    allowed: accepted,
    status: explained ? explanation : undefined,
    auditAnnotations: annotations(output, annotationsAt),
    warnings: warnings(output, warningsAt),
  };
  return mutated === undefined ? verdict : withMutation(verdict, output.subarray(mutated.start, mutated.end), request);
}

/** The patch that makes the policy's object of the request's; a policy may give one back unchanged. */
function withMutation(verdict: PolicyResponse, mutated: Uint8Array, { object }: PolicyRequest): PolicyResponse {
  if (object === undefined) return { ...verdict, allowed: false, status: { message: NULL_OBJECT } };
  return { ...verdict, patch: patchBetween(object, mutated) };
}

function message(output: Uint8Array, member: Member | undefined): string | undefined {
  if (isUnset(output, member)) return undefined;
  const text = textOf(output, member);
  if (text === undefined) throw new ShapeError('message', 'a string', 'another value');
  return text;
}

function code(output: Uint8Array, member: Member | undefined): number | undefined {
  const value = known(output, member);
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new ShapeError('code', 'an integer from 0 to 65535', kindOf(value));
  }
  return value;
}

function annotations(output: Uint8Array, member: Member | undefined): [string, string][] | undefined {
  const value = known(output, member);
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShapeError('audit_annotations', 'an object', kindOf(value));
  }
  return Object.entries(value).map(([key, text]: [string, unknown]) => {
    if (typeof text !== 'string') throw new ShapeError('audit_annotations', 'strings as values', kindOf(text));
    return [key, text];
  });
}

function warnings(output: Uint8Array, member: Member | undefined): string[] | undefined {
  const value = known(output, member);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw new ShapeError('warnings', 'an array of strings', kindOf(value));
  return value.map((text: unknown) => {
    if (typeof text !== 'string') throw new ShapeError('warnings', 'an array of strings', `one with ${kindOf(text)}`);
    return text;
  });
}

/** Undefined when absent or null. */
function known(output: Uint8Array, member: Member | undefined): unknown {
  return member === undefined || isUnset(output, member) ? undefined : valueOf(output, member);
}

/** Why an answer can't be used, in words that quote nothing of it. */
export function answerCause(error: unknown): string {
  return error instanceof JsonError && error.code === 'unexpected-end' && error.offset === 0
    ? 'the answer is empty'
    : causeOf(error);
}
