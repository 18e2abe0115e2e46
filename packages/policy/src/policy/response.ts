/** The verdict of a policy as an AdmissionResponse (contract: policy-server §4.4). */
export interface PolicyResponse {
  readonly uid: string;
  readonly allowed: boolean;
  /** Base64 of a JSONPatch. */
  readonly patch?: string | undefined;
  readonly status?: PolicyStatus | undefined;
  readonly auditAnnotations?: readonly (readonly [key: string, value: string])[] | undefined;
  readonly warnings?: readonly string[] | undefined;
}

export interface PolicyStatus {
  readonly status?: string | undefined;
  readonly message?: string | undefined;
  readonly reason?: string | undefined;
  readonly details?: StatusDetails | undefined;
  readonly code?: number | undefined;
}

export interface StatusDetails {
  readonly name?: string | undefined;
  readonly group?: string | undefined;
  readonly kind?: string | undefined;
  readonly uid?: string | undefined;
  readonly causes?: readonly StatusCause[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** All three members are always written. */
export interface StatusCause {
  readonly reason: string | null;
  readonly message: string | null;
  readonly field: string | null;
}

/** A rejection that is not the policy's own: the server or the policy failed. */
export function rejection(uid: string, message: string, code?: number): PolicyResponse {
  return { uid, allowed: false, status: { message, code } };
}

const REVIEW_HEAD = '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":';
const RAW_HEAD = '{"response":';

/** The answer's document, with the members in the order, and with the nulls, that the original writes. */
export function renderResponse(response: PolicyResponse, raw: boolean): string {
  const { uid, allowed, patch, status, auditAnnotations, warnings } = response;
  const head = `${raw ? RAW_HEAD : REVIEW_HEAD}{"uid":${JSON.stringify(uid)},"allowed":${allowed}`;
  const patched = patch === undefined ? '' : `,"patchType":"JSONPatch","patch":"${patch}"`;
  const stated = status === undefined ? '' : `,"status":${JSON.stringify(statusDocument(status))}`;
  const annotated = auditAnnotations === undefined ? 'null' : JSON.stringify(Object.fromEntries(auditAnnotations));
  const warned = warnings === undefined ? 'null' : JSON.stringify(warnings);
  return `${head}${patched}${stated},"auditAnnotations":${annotated},"warnings":${warned}}}`;
}

/** JSON.stringify leaves out what is undefined. */
function statusDocument({ status, message, reason, details, code }: PolicyStatus): object {
  return { status, message, reason, details: details && detailsDocument(details), code };
}

function detailsDocument({ name, group, kind, uid, causes, retryAfterSeconds }: StatusDetails): object {
  const written = causes?.map(({ reason, message, field }) => ({ reason, message, field }));
  return {
    name,
    group,
    kind,
    uid,
    causes: written?.length === 0 ? undefined : written,
    // As the API server reads it; the original's `retry_after_seconds` it would throw away.
    retryAfterSeconds,
  };
}
