import type { Failure } from '@ostiary/sandbox';
import type { PolicyKind } from './kind.ts';

/** Longest text in UTF-16 units of a policy's own making in an answer; guests write errors of up to MiB. */
const MAX_TEXT = 4096;

const TIMED_OUT = 'Policy execution interrupted because it exceeded the allowed execution time';
const REGO_TIMED_OUT = 'internal server error: guest code interrupted, execution deadline exceeded';

/** What a client reads of a call that did not come to an end (contract: policy-server §5.7). */
export function failureText(kind: PolicyKind, { code, message, stderr }: Failure): string {
  switch (kind) {
    case 'wapc':
      return code === 'deadline' ? TIMED_OUT : `internal server error: Guest call failure: ${clip(message)}`;
    case 'wasi':
      if (code === 'deadline') return TIMED_OUT;
      return clip(stderr.trim()) || `internal server error: ${clip(message)}`;
    case 'opa':
    case 'gatekeeper':
      return code === 'deadline' ? REGO_TIMED_OUT : `internal server error: ${clip(message)}`;
  }
}

/** What a client reads of an answer that can't be used. */
export function answerText(kind: PolicyKind, cause: string): string {
  switch (kind) {
    case 'wapc':
      return `internal server error: invalid response from policy: ${cause}`;
    case 'wasi':
      return `internal server error: Cannot deserialize policy validation response: ${cause}`;
    case 'opa':
    case 'gatekeeper':
      return `internal server error: ${cause}`;
  }
}

export function clip(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
