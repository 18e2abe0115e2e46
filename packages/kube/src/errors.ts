/** Why a request to a Kubernetes API failed. Those of the first group are the server's word, the rest ours. */
export type KubeErrorCode =
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'already-exists'
  | 'conflict'
  | 'gone'
  | 'too-large'
  | 'unsupported-media-type'
  | 'invalid'
  | 'too-many-requests'
  | 'internal'
  | 'unavailable'
  | 'timeout'
  /** The server sent us elsewhere; redirects are never followed, because credentials would travel with them. */
  | 'redirect'
  /** No connection, or it broke. */
  | 'network'
  /** The caller's signal, or the client was closed. */
  | 'aborted'
  /** A success whose body isn't the JSON that was asked for. */
  | 'not-json'
  /** A callback of the caller's threw. */
  | 'handler';

/** One field that the server found fault with. */
export interface StatusCause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

export interface KubeErrorDetails {
  /** The HTTP status, or the `code` of a Status inside a watch. */
  readonly status?: number | undefined;
  /** `Status.reason` as the server spells it. */
  readonly reason?: string | undefined;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** A request that failed. `message` names method, path and what the server said, never headers or a body of ours. */
export class KubeError extends Error {
  readonly code: KubeErrorCode;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly causes: readonly StatusCause[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: KubeErrorCode, message: string, details: KubeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'KubeError';
    this.code = code;
    this.status = details.status;
    this.reason = details.reason;
    this.causes = details.causes ?? [];
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** True for a KubeError with one of the codes, or for any when none is given. */
export function isKubeError(error: unknown, ...codes: readonly KubeErrorCode[]): error is KubeError {
  return error instanceof KubeError && (codes.length === 0 || codes.includes(error.code));
}

export type KubeConfigErrorCode =
  /** There is no configuration at all, or a named file doesn't exist. */
  | 'not-found'
  | 'unreadable'
  | 'not-yaml'
  | 'invalid-field'
  | 'unknown-context'
  | 'unknown-cluster'
  | 'unknown-user'
  /** `auth-provider`, or an exec plugin of a version that no longer exists. */
  | 'unsupported'
  | 'exec-failed';

/** A configuration that can't be used. `message` names file, field and cause, and never a value that might be secret. */
export class KubeConfigError extends Error {
  readonly code: KubeConfigErrorCode;
  readonly file: string | undefined;
  readonly field: string | undefined;

  constructor(
    code: KubeConfigErrorCode,
    message: string,
    where: { readonly file?: string | undefined; readonly field?: string | undefined; readonly cause?: unknown } = {},
  ) {
    const place = [where.file, where.field].filter((part) => part !== undefined).join(': ');
    super(place === '' ? message : `${place}: ${message}`, where.cause === undefined ? {} : { cause: where.cause });
    this.name = 'KubeConfigError';
    this.code = code;
    this.file = where.file;
    this.field = where.field;
  }
}

/** A label selector that Kubernetes would refuse. */
export class SelectorError extends Error {
  readonly code = 'invalid-selector';

  constructor(message: string) {
    super(message);
    this.name = 'SelectorError';
  }
}
