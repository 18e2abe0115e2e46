import { KubeConfigError, KubeError, SelectorError } from '@ostiary/kube';
import { ReferenceError_, RegistryError, TrustError } from '@ostiary/registry';

export type CapabilityErrorCode =
  /** The payload is not what the operation takes. */
  | 'payload'
  /** There is no such kind, object or entry. */
  | 'not-found'
  /** The API, a registry or a name server can't be asked, or has not answered in time. */
  | 'unavailable'
  /** The copy of a list is too old to decide by. */
  | 'stale'
  /** The question exceeds what one policy, or all of them, may have. */
  | 'limit'
  /** The question makes no sense, such as a namespace for a kind that has none. */
  | 'invalid'
  /** A recorded session has another answer next, or none. */
  | 'replay';

/** Why a question has no answer; guests are told the message. */
export class CapabilityError extends Error {
  override readonly name = 'CapabilityError';
  readonly code: CapabilityErrorCode;

  constructor(code: CapabilityErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const SPEAKABLE = [
  CapabilityError,
  KubeError,
  KubeConfigError,
  SelectorError,
  RegistryError,
  ReferenceError_,
  TrustError,
] as const;

/** What a guest may be told of a failure; undefined for a defect of ours, whose text might say more. */
export function messageForGuest(error: unknown): string | undefined {
  return SPEAKABLE.some((kind) => error instanceof kind) ? (error as Error).message : undefined;
}
