export type AuditErrorCode =
  /** Options that contradict each other, or a file of policies that holds none. */
  | 'usage'
  /** The API server has neither of the report kinds, or not the one that was asked for. */
  | 'no-report-kind'
  /** A policy that can't be read: a member is missing or of another type. */
  | 'bad-policy'
  /** A manifest that is no Kubernetes object. */
  | 'bad-manifest'
  /** A checkpoint or an earlier run's document that is none. */
  | 'bad-document'
  /** Certificates for the policy servers that can't be read. */
  | 'bad-certificates';

/** Why an audit can't be done. `message` names the object or the file and the cause, never settings or Secret data. */
export class AuditError extends Error {
  readonly code: AuditErrorCode;

  constructor(code: AuditErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AuditError';
    this.code = code;
  }
}
