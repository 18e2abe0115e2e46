import { KubeError, type KubeErrorCode, type StatusCause } from '../errors.ts';
import { isRecord, recordAt, recordsAt, textAt, type JsonRecord } from '../record.ts';

/** `metav1.StatusReason` in our words. */
const CODES: Readonly<Record<string, KubeErrorCode>> = {
  BadRequest: 'bad-request',
  Unauthorized: 'unauthorized',
  Forbidden: 'forbidden',
  NotFound: 'not-found',
  MethodNotAllowed: 'method-not-allowed',
  NotAcceptable: 'not-acceptable',
  AlreadyExists: 'already-exists',
  Conflict: 'conflict',
  Gone: 'gone',
  Expired: 'gone',
  RequestEntityTooLarge: 'too-large',
  UnsupportedMediaType: 'unsupported-media-type',
  Invalid: 'invalid',
  TooManyRequests: 'too-many-requests',
  InternalError: 'internal',
  ServiceUnavailable: 'unavailable',
  ServerTimeout: 'timeout',
  Timeout: 'timeout',
};

/** For answers without a reason, such as those of a proxy in between. */
const CODES_BY_STATUS: Readonly<Record<number, KubeErrorCode>> = {
  400: 'bad-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  409: 'conflict',
  410: 'gone',
  413: 'too-large',
  415: 'unsupported-media-type',
  422: 'invalid',
  429: 'too-many-requests',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
};

/** Admission messages can be long; a log line should not be. */
const MAX_MESSAGE_LENGTH = 4096;

/** A server that asks to wait for longer is not obeyed to the second. */
const MAX_RETRY_AFTER_SECONDS = 3600;

/** The error for an answer of 300 or above. `what` is as in `GET /api/v1/pods`. */
export function errorOfAnswer(
  what: string,
  status: number,
  body: Uint8Array,
  retryAfter: string | undefined,
): KubeError {
  if (status < 400) return new KubeError('redirect', `${what}: redirects are not followed`, { status });
  return errorOfStatus(what, parseRecord(body), status, retryAfter);
}

/** The error for a Status object, which a watch also sends as an event. */
export function errorOfStatus(what: string, object: JsonRecord, httpStatus?: number, retryAfter?: string): KubeError {
  const isStatus = object['kind'] === 'Status';
  const status = httpStatus ?? (typeof object['code'] === 'number' ? object['code'] : 500);
  const reason = (isStatus && textAt(object, 'reason')) || undefined;
  const details = isStatus ? recordAt(object, 'details') : {};
  const message = (isStatus && textAt(object, 'message')) || `the server answered ${status}`;
  const byReason = reason !== undefined && Object.hasOwn(CODES, reason) ? CODES[reason] : undefined;
  return new KubeError(
    byReason ?? CODES_BY_STATUS[status] ?? (status < 500 ? 'bad-request' : 'internal'),
    `${what}: ${message.slice(0, MAX_MESSAGE_LENGTH)}`,
    {
      status,
      reason,
      causes: causesOf(details),
      retryAfterSeconds: seconds(retryAfter) ?? seconds(details['retryAfterSeconds']),
    },
  );
}

function causesOf(details: JsonRecord): readonly StatusCause[] {
  return recordsAt(details, 'causes').map((cause) => ({
    reason: textAt(cause, 'reason') ?? '',
    field: textAt(cause, 'field') ?? '',
    message: (textAt(cause, 'message') ?? '').slice(0, MAX_MESSAGE_LENGTH),
  }));
}

function seconds(value: unknown): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) && number > 0 ? Math.min(number, MAX_RETRY_AFTER_SECONDS) : undefined;
}

function parseRecord(body: Uint8Array): JsonRecord {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
