import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Client } from './client.ts';

/** What a stream of requests saw. */
export interface Traffic {
  readonly answers: readonly (Answer & { readonly path: string })[];
  /** Requests that got no answer at all. */
  readonly failures: readonly string[];
}

const BURST_MS = 25;

/**
 * Asks the paths in turn, `perSecond` requests a second, until `work` is done and `minMs` are over. Requests go out in
 * small bursts whether or not earlier ones are answered, as those of many clients would.
 */
export async function withTraffic(
  client: Client,
  paths: readonly string[],
  { perSecond, minMs }: { readonly perSecond: number; readonly minMs: number },
  work: () => Promise<void>,
): Promise<Traffic> {
  const answers: (Answer & { path: string })[] = [];
  const failures: string[] = [];
  const pending = new Set<Promise<void>>();
  const state = { done: false };
  const working = work().finally(() => (state.done = true));
  const started = performance.now();
  let sent = 0;
  while (!state.done || performance.now() - started < minMs) {
    const due = ((performance.now() - started) / 1000) * perSecond;
    for (; sent < due; sent++) {
      const path = paths[sent % paths.length] ?? '';
      const asked = client.ask(path).then(
        (answer) => void answers.push({ ...answer, path }),
        (error: unknown) => void failures.push(`${path}: ${String(error)}`),
      );
      pending.add(asked);
      void asked.finally(() => pending.delete(asked));
    }
    await sleep(BURST_MS);
  }
  await Promise.all(pending);
  await working;
  return { answers, failures };
}
