import { callText, guestMaker, HONEST_TIMEOUT_MS, type Guests } from '@ostiary/conformance';
import type { Control, Guest } from '@ostiary/sandbox';

/** What one call of a guest costs in a host, restoring its state included. */
export interface CallTime {
  readonly guest: string;
  /** Microseconds: the fastest of several rounds' means, as the rounds that something else disturbed say nothing. */
  readonly us: number;
}

const TOKEN_REVIEW = JSON.stringify({
  request: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'my-test-token' } },
});

/** Long enough for the optimising compiler to have come and gone, on two cores. */
const WARM_MS = 500;
const ROUNDS = 10;
const ROUND_MS = 50;

/** Times `authn` of each toolchain's `gates`, for about a second each; Rego has none. */
export function timeCalls(control: Control, toolchains: readonly Guests[]): readonly CallTime[] {
  const makeGuest = guestMaker(control, 'wasi-reactor', HONEST_TIMEOUT_MS);
  return toolchains.flatMap((guests) => {
    if ('rego' in guests) return [];
    const { title, reactor } = guests;
    const guest = makeGuest(reactor.gates, ['authn']);
    meanMicros(guest, WARM_MS);
    const rounds = Array.from({ length: ROUNDS }, () => meanMicros(guest, ROUND_MS));
    return { guest: title, us: Math.min(...rounds) };
  });
}

function meanMicros(guest: Guest, ms: number): number {
  const started = performance.now();
  let calls = 0;
  let now = started;
  for (; now < started + ms; calls++, now = performance.now()) {
    if (!callText(guest, 'authn', TOKEN_REVIEW).ok) throw new Error('a guest that is timed has failed');
  }
  return ((now - started) * 1000) / calls;
}
