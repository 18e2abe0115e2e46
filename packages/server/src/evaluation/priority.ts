import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** A ninth of the weight of a thread that has not been touched, when both want the same core. */
const NICE = 10;

/**
 * Lets the threads that serve go before this one when cores are short: slow modules must not slow the quick ones down.
 * Linux has priorities by thread; elsewhere nothing happens.
 */
export function yieldToServingThreads(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    if (thread > 0) setPriority(thread, NICE);
  } catch {
    // No such file, or not allowed: the thread keeps its priority.
  }
}
