import { JsonError } from '../json/error.ts';
import { type Member, type MemberList, scanList } from '../json/scan.ts';
import { select, type Selection } from '../json/selection.ts';
import { splice } from '../json/splice.ts';
import { isUnset, textOf } from '../json/text.ts';
import { OPEN_BRACE, skipSpace } from '../json/tokens.ts';
import { BodyError } from './errors.ts';
import { withoutMembers } from './omit.ts';
import { ADMISSION, checkShape, missing, numberOf, shape, wrongType } from './request-shape.ts';

/**
 * A request that policies are asked about, as far as the server reads it; the rest stays bytes. Members that
 * Kubernetes does not know reach the policy as they came, and so do the order of members and the spelling of numbers.
 */
export interface PolicyRequest {
  readonly body: Uint8Array;
  /** `validate_raw`: any JSON in place of an AdmissionRequest. */
  readonly raw: boolean;
  /** Of a raw request: `request.uid` if that is a string, else empty. */
  readonly uid: string;
  /** Empty for cluster-scoped and raw requests. */
  readonly namespace: string;
  readonly operation: string;
  /** The request's JSON as the policy reads it, in segments. */
  readonly segments: readonly Uint8Array[];
  /** What a mutation starts from: the object, of a raw request all of it; undefined when there is none (DELETE). */
  readonly object: Uint8Array | undefined;
  /** By the numbers of `ADMISSION`; of a raw request nothing. */
  readonly found: MemberList;
}

const RAW = select('request', 'request.uid');
const REQUEST = numberOf('request');
const UID = numberOf('request.uid');
const NAMESPACE = numberOf('request.namespace');
const OPERATION = numberOf('request.operation');
const OBJECT = numberOf('request.object');

/**
 * Reads a body of `/validate` or `/audit`: `request` is checked as far as Kubernetes types it, its `apiVersion` and
 * `kind` are not looked at. Optional members that are null are left out of what the policy reads (contract §5.6).
 * Throws BodyError.
 */
export function readPolicyRequest(body: Uint8Array): PolicyRequest {
  const found = scanned(body, ADMISSION);
  const request = requestMember(body, found[REQUEST]);
  if (body[request.start] !== OPEN_BRACE) throw wrongType(body, 'request', request, 'an object');
  const unset = checkShape(body, found);
  const object = isUnset(body, found[OBJECT]) ? undefined : found[OBJECT];
  return {
    body,
    raw: false,
    uid: textOf(body, found[UID]) ?? '',
    namespace: textOf(body, found[NAMESPACE]) ?? '',
    operation: textOf(body, found[OPERATION]) ?? '',
    segments:
      unset.length === 0
        ? [body.subarray(request.start, request.end)]
        : splice(body, request.start, request.end, withoutMembers(body, unset)),
    object: object && body.subarray(object.start, object.end),
    found,
  };
}

/** Reads a body of `/validate_raw`: `request` may be any JSON. Throws BodyError. */
export function readRawRequest(body: Uint8Array): PolicyRequest {
  const [member, uidMember] = scanned(body, RAW);
  const request = requestMember(body, member);
  const document = body.subarray(request.start, request.end);
  const uid = textOf(body, uidMember) ?? '';
  return { body, raw: true, uid, namespace: '', operation: '', segments: [document], object: document, found: [] };
}

function scanned(body: Uint8Array, selection: Selection<string>): MemberList {
  try {
    return scanList(body, selection);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    // Which of two members counts is anybody's guess: the document is JSON, but not the one that is wanted.
    if (error.code === 'ambiguous-member') throw shape('', error.message);
    throw new BodyError('not-json', `Failed to parse the request body as JSON: ${error.message}`);
  }
}

function requestMember(body: Uint8Array, member: Member | undefined): Member {
  if (member !== undefined) return member;
  const first = body[skipSpace(body, 0)];
  throw shape('', first === OPEN_BRACE ? missing('request') : 'invalid type: expected an object');
}
