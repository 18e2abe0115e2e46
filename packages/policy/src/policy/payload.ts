import type { PolicyKind } from './kind.ts';
import type { PolicyRequest } from './request.ts';

/** What stands before and after the request in the document that a policy reads; made once, when it is loaded. */
export interface Payload {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

const encoder = new TextEncoder();
const END = encoder.encode('}');
const REQUEST = encoder.encode('{"request":');

/** The frame for a policy of this kind; `settings` is JSON text, `{}` for none (contract: policy-server §5.6, §7.3, §7.4). */
export function payloadOf(kind: PolicyKind, settings: string): Payload {
  switch (kind) {
    case 'wapc':
    case 'wasi':
      return { head: REQUEST, tail: encoder.encode(`,"settings":${settings}}`) };
    case 'opa':
      // Its settings are in the data document.
      return { head: REQUEST, tail: END };
    case 'gatekeeper':
      return { head: encoder.encode(`{"parameters":${settings},"review":`), tail: END };
  }
}

/** The document as segments: of the request nothing is copied. */
export function inputOf({ head, tail }: Payload, { segments }: PolicyRequest): readonly Uint8Array[] {
  return segments.length === 1 ? [head, segments[0]!, tail] : [head, ...segments, tail];
}
