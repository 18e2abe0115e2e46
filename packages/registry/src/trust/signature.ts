import type { Bundle } from '@sigstore/bundle';

/** A signature that says it is of the image. Nothing of it has been verified yet. */
export interface Signature {
  /** For messages, as in `signature 2 (bundle sha256:1234…)`. */
  readonly label: string;
  /** The bytes that were signed. */
  readonly message: Buffer;
  readonly signature: Buffer;
  /** What the signer added to the statement; part of what was signed. */
  readonly annotations: ReadonlyMap<string, string>;
  /** DER of the signer's certificate. */
  readonly certificate: Buffer | undefined;
  /** The same with its evidence of time and of being logged, as Sigstore's verifier takes it. */
  readonly bundle: Bundle;
  /** Whether `bundle` is over `message` itself, rather than over an envelope that it carries. */
  readonly detached: boolean;
}

/** A signature that can't be used whoever made it, and why. */
export interface Unusable {
  readonly label: string;
  readonly reason: string;
}

/** Thrown while a signature is read; the message becomes the reason why it is unusable. */
export class UnusableSignature extends Error {}

/** Stops the reading of a signature. */
export function unusable(reason: string): never {
  throw new UnusableSignature(reason);
}
