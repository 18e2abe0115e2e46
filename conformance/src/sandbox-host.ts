import { compileGuest, createGuest, type AbiName, type Control, type Guest, type Outcome } from '@ostiary/sandbox';

/** Limits of the suites: small enough that a hostile guest is met quickly, large enough for Go. */
export const LIMITS = { timeoutMs: 150, memoryBytes: 64 * 1024 * 1024, outputBytes: 1024 * 1024 };

/** For honest guests on a busy machine: Go's initialisation and a 2 MB object take their time in unoptimised code. */
export const HONEST_TIMEOUT_MS = 10_000;

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder('utf-8', { fatal: true }) };

/** Makes a guest of a module for some operations; the same module may be given several times. */
export type MakeGuest = (bytes: Uint8Array, operations: readonly string[]) => Guest;

/**
 * Makes guests that share a control page, which a ticker must look after.
 *
 * @param timeoutMs Larger than {@link LIMITS} where a guest is slow but honest.
 */
export function guestMaker(control: Control, abi: AbiName, timeoutMs: number = LIMITS.timeoutMs): MakeGuest {
  return (bytes, operations) => {
    const image = compileGuest(bytes, { abi, operations, memoryBytes: LIMITS.memoryBytes });
    return createGuest(image, { control, timeoutMs, outputBytes: LIMITS.outputBytes });
  };
}

/** Calls an operation with a text. */
export function callText(guest: Guest, operation: string, input: string): Outcome {
  return guest.call(operation, [utf8.encoder.encode(input)]);
}

/** The text that a call gave; undefined when it failed or gave no UTF-8. */
export function outputText(outcome: Outcome): string | undefined {
  return outcome.ok ? utf8.decoder.decode(outcome.output) : undefined;
}
