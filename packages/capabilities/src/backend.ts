import type { Questioner, Validity } from './contract.ts';
import type { CapabilityRequest } from './request/request.ts';

/** An answer as bytes, and how long it holds. */
export interface Fetched {
  readonly payload: Uint8Array;
  readonly validity: Validity;
}

/** Who knows the answers, behind the gate: the world itself, or a recorded session. Rejects when there is none. */
export interface Backend {
  ask(request: CapabilityRequest, questioner: Pick<Questioner, 'policy'>, signal: AbortSignal): Promise<Fetched>;
}

const encoder = new TextEncoder();

export const ONCE: Validity = { kind: 'once' };

/** An answer as JSON. */
export function jsonOf(value: unknown, validity: Validity): Fetched {
  return { payload: encoder.encode(JSON.stringify(value)), validity };
}
