import type { DataDocument, GuestImage } from '@ostiary/sandbox';
import type { GuestSpec } from '../evaluation/protocol.ts';
import type { LoadContext } from './context.ts';
import { trialKey, warmModule, type Question } from './warm.ts';

/** Makes a guest of an image known to the evaluation threads, under a key of its own. */
export function addGuest(
  image: GuestImage,
  timeoutMs: number,
  { pool, nextKey, added }: LoadContext,
  data?: Uint8Array,
): GuestSpec {
  const key = nextKey();
  const document: DataDocument | undefined = data && { version: key, bytes: data };
  const guest: GuestSpec = { key, image, timeoutMs, ...(document && { data: document }) };
  pool.add([guest]);
  added.push(key);
  return guest;
}

/** The usual time of a call; from trial runs, unless this process has tried the same before: its code is hot already. */
export function usualMicros(
  module: { readonly imageKey: string; readonly settings: string | undefined; readonly guest: GuestSpec },
  question: Question,
  { usual, pool }: LoadContext,
  limitMs: number,
): Promise<number | undefined> {
  const key = trialKey(module);
  const known = usual.get(key) ?? warmModule(module.guest, question, pool, limitMs);
  usual.set(key, known);
  return known;
}
