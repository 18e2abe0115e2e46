import { scan } from '../json/scan.ts';
import { select } from '../json/selection.ts';
import {
  exactFields,
  objectField,
  objectsField,
  ShapeError,
  type Shape,
  stringField,
  stringMapField,
  stringsField,
} from '../shape.ts';
import { booleanField, hasField, integerField, kindOf } from '../shape.ts';
import type { PolicyRequest } from './request.ts';
import { type PolicyResponse, type PolicyStatus, type StatusDetails } from './response.ts';

const WHOLE = select();
/** Of an AdmissionResponse; other spellings are no members of it. */
const RESPONSE = ['uid', 'allowed', 'status', 'patch', 'patchType', 'auditAnnotations', 'warnings'] as const;

/** A result set that does not say what its kind of policy has to say. */
export class ResultError extends Error {
  readonly code = 'uninterpretable';

  constructor(kind: 'OPA' | 'Gatekeeper') {
    super(`cannot interpret ${kind} policy result`);
    this.name = 'ResultError';
  }
}

/**
 * The verdict in the result set of an OPA policy: `[0].result.response`, an AdmissionResponse of v1 (contract:
 * policy-server §7.3). Throws ResultError, ShapeError or JsonError.
 */
export function readOpaResult(output: Uint8Array, { uid }: PolicyRequest): PolicyResponse {
  const result = firstResult(output);
  const found = isRecord(result)
    ? objectField(exactFields({ path: '', fields: result }, 'response'), 'response')
    : undefined;
  if (found === undefined) throw new ResultError('OPA');
  const response = exactFields(found, ...RESPONSE);
  if (stringField(response, 'uid') === undefined) throw new ShapeError('response.uid', 'a string', 'nothing');
  const allowed = booleanField(response, 'allowed');
  if (allowed === undefined) throw new ShapeError('response.allowed', 'a boolean', 'nothing');
  const status = objectField(response, 'status');
  return {
    uid,
    allowed,
    patch: patchOf(response),
    status: status && statusOf(status),
    auditAnnotations: hasField(response, 'auditAnnotations') ? stringMapField(response, 'auditAnnotations') : undefined,
    warnings: stringsField(response, 'warnings'),
  };
}

/** An empty patch changes nothing; any other is a JSONPatch in base64. */
function patchOf(response: Shape): string | undefined {
  const patch = stringField(response, 'patch') ?? '';
  const type = stringField(response, 'patchType');
  if (type !== undefined && type !== 'JSONPatch')
    throw new ShapeError('response.patchType', 'JSONPatch', 'another type');
  if (patch === '') return undefined;
  try {
    return Uint8Array.fromBase64(patch).toBase64();
  } catch {
    throw new ShapeError('response.patch', 'base64', 'a string that is none');
  }
}

function statusOf(found: Shape): PolicyStatus {
  const status = exactFields(found, 'status', 'message', 'reason', 'details', 'code');
  const details = objectField(status, 'details');
  return {
    status: stringField(status, 'status'),
    message: stringField(status, 'message'),
    reason: stringField(status, 'reason'),
    details: details && detailsOf(details),
    code: integerField(status, 'code', 0, 65_535),
  };
}

function detailsOf(details: Shape): StatusDetails {
  return {
    name: stringField(details, 'name'),
    group: stringField(details, 'group'),
    kind: stringField(details, 'kind'),
    uid: stringField(details, 'uid'),
    causes: objectsField(details, 'causes')?.map((cause) => ({
      reason: stringField(cause, 'reason') ?? null,
      message: stringField(cause, 'message') ?? null,
      field: stringField(cause, 'field') ?? null,
    })),
    retryAfterSeconds: integerField(details, 'retryAfterSeconds', 0, 0x7fff_ffff),
  };
}

/**
 * The verdict in the result set of a Gatekeeper policy: `[0].result`, the list of its violations. What is no such list
 * rejects: the original took it for one without violations (contract: policy-server §7.4). Throws ResultError or JsonError.
 */
export function readGatekeeperResult(output: Uint8Array, { uid }: PolicyRequest): PolicyResponse {
  const result = firstResult(output);
  if (!Array.isArray(result)) throw new ResultError('Gatekeeper');
  const messages = result.flatMap((violation: unknown) => {
    if (!isRecord(violation)) throw new ResultError('Gatekeeper');
    const text = Object.hasOwn(violation, 'msg') ? violation['msg'] : undefined;
    if (text !== undefined && text !== null && typeof text !== 'string') throw new ResultError('Gatekeeper');
    return text ?? [];
  });
  return result.length === 0
    ? { uid, allowed: true }
    : { uid, allowed: false, status: { message: messages.join(', ') } };
}

/** `[0].result`; undefined when the policy is undefined for its input. */
function firstResult(output: Uint8Array): unknown {
  scan(output, WHOLE);
  const results: unknown = JSON.parse(new TextDecoder().decode(output));
  if (!Array.isArray(results)) throw new ShapeError('result set', 'an array', kindOf(results));
  const first: unknown = results[0];
  return isRecord(first) && Object.hasOwn(first, 'result') ? first['result'] : undefined;
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
