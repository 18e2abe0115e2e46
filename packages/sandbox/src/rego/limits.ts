/**
 * What a single call of a builtin may cost. The deadline stops a guest, but not its host in the middle of a builtin, and
 * a few hundred bytes of arguments can ask for terabytes: widths in formats, templates of replacements, copies of copies.
 */
export const BUILTIN_LIMITS = {
  /**
   * Characters of an argument or an answer: an update sends two objects, etcd takes none of more than 1.5 MiB by default, and
   * a policy may pass on all of it.
   */
  characters: 4 * 1024 * 1024,
  /** Values in an argument: each takes some dozens of bytes of the host's memory. */
  values: 1_000_000,
  /** Steps of work that grows with the product of two arguments; about a second. */
  steps: 2 ** 28,
  /**
   * Instructions of a regular expression times characters of the text, for one search, which can't be stopped: each of them
   * takes 30 ns on a slow machine, so that this is a tenth of a second.
   */
  matching: 2 ** 22,
  /** Instructions of a regular expression: compiling takes 4 µs for each. */
  compiled: 25_000,
  /** Digits of a number that is computed with. */
  digits: 10_000,
  /** Characters of YAML; its parser reads a few megabytes a second. */
  yamlCharacters: 1024 * 1024,
  /** Characters of a URI, which is taken apart by expressions. */
  uriCharacters: 1024 * 1024,
  /** Nodes that the copies of one patch may have together. */
  copiedNodes: 1_000_000,
} as const;

/** A builtin was asked for more than {@link BUILTIN_LIMITS} allow. */
export class LimitError extends Error {
  readonly code = 'builtin-limit';

  constructor() {
    super('asks for more than its host gives for one call');
    this.name = 'LimitError';
  }
}

/** @throws LimitError */
export function within(amount: number, limit: keyof typeof BUILTIN_LIMITS): void {
  if (amount > BUILTIN_LIMITS[limit]) throw new LimitError();
}
