/** Something with an answer to send. */
export interface Sender {
  send(): void;
}

/**
 * The longest an answer waits for others, in milliseconds. A few requests to quick policies take that long; who asks is
 * usually a few hundred microseconds away.
 */
const LONGEST_MS = 0.2;

/**
 * Answers to requests that came together leave together: to wake a client that sleeps costs the system several times
 * what writing does, and one that is handed its answers one by one falls asleep between them. They leave when all that
 * has come is dealt with, or when the first of them has waited long enough: for {@link LONGEST_MS}, and for the run that is
 * going on then.
 */
export class Outbox {
  #waiting: Sender[] = [];
  #since = 0;

  add(sender: Sender): void {
    const now = performance.now();
    if (this.#waiting.push(sender) === 1) {
      this.#since = now;
      setImmediate(this.#flush);
    } else if (now - this.#since >= LONGEST_MS) this.#flush();
  }

  /** To be called before anything that may take long. */
  sendOverdue(): void {
    if (this.#waiting.length > 0 && performance.now() - this.#since >= LONGEST_MS) this.#flush();
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const sender of waiting) sender.send();
  };
}
