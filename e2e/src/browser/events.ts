import type { CallTime } from './call-time.ts';

/** What the browser tells the test, in this order, each in a POST of its own. */
export type BrowserEvent =
  /** The names of all cases, before the first one runs. */
  | { readonly type: 'cases'; readonly names: readonly string[] }
  | CaseResult
  /** What a call costs, after the last case. */
  | { readonly type: 'times'; readonly times: readonly CallTime[] }
  /** The run can't go on; in place of everything that would follow. */
  | { readonly type: 'broken'; readonly message: string };

export interface CaseResult {
  readonly type: 'result';
  readonly name: string;
  readonly ms: number;
  /** Why the case failed, with the stack; absent when it passed. */
  readonly failure?: string;
}

export const EVENTS_PATH = '/events';

/** Sends an event from the page or a worker. */
export async function report(event: BrowserEvent): Promise<void> {
  const { ok, status } = await fetch(EVENTS_PATH, { method: 'POST', body: JSON.stringify(event) });
  if (!ok) throw new Error(`the test refused an event with status ${status}`);
}

/** The stack of an error, which in a browser has its message too; else the thing as text. */
export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
