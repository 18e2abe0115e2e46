import type { DataDocument, GuestImage, Outcome } from '@ostiary/sandbox';
import type { GuestSpec } from '../evaluation/protocol.ts';
import { LOAD_PATIENCE_MS } from '../evaluation/pool.ts';
import type { InventorySpec } from '../hostcalls/inventory.ts';
import type { LoadContext } from './context.ts';
import { trialKey, warmModule, type Question, type TrialPlan } from './warm.ts';

/** Makes a guest of an image known to the evaluation threads, under a key of its own. */
export function addGuest(
  image: GuestImage,
  timeoutMs: number,
  { pool, nextKey, added }: LoadContext,
  { data, inventory }: { readonly data?: Uint8Array | undefined; readonly inventory?: InventorySpec | undefined } = {},
): GuestSpec {
  const key = nextKey();
  const document: DataDocument | undefined = data && { version: key, bytes: data };
  const guest: GuestSpec = {
    key,
    image,
    timeoutMs,
    ...(document && { data: document }),
    ...(inventory && { inventory }),
  };
  pool.add([guest]);
  added.push(key);
  return guest;
}

/** The usual time of a call; from trial runs, unless this process has tried the same before: its code is hot already. */
export function usualMicros(
  module: TriedModule,
  question: Question,
  { usual, pool }: LoadContext,
  plan: TrialPlan,
): Promise<number | undefined> {
  const key = trialKey(module);
  const known = usual.get(key) ?? warmModule(module.guest, question, pool, plan);
  usual.set(key, known);
  return known;
}

interface TriedModule {
  readonly imageKey: string;
  readonly settings: string | undefined;
  readonly guest: GuestSpec;
}

/**
 * One call of a module that is being loaded. If nothing has been tried with these settings yet, the trial runs follow it
 * on the same thread, which has the instance already; {@link usualMicros} then knows the time. A plan without runs leaves
 * it unknown: what a request to the module takes, its first requests will show.
 */
export async function callThenTry(
  module: TriedModule,
  { operation, input }: Question,
  question: Question,
  { usual, pool }: LoadContext,
  { runsAfterCall: runs, limitMs }: TrialPlan,
): Promise<Outcome> {
  const key = trialKey(module);
  if (usual.has(key)) return pool.call(module.guest, operation, input, LOAD_PATIENCE_MS);
  const tried = pool.callThenWarm(module.guest, { operation, input }, { ...question, runs, limitMs });
  usual.set(
    key,
    tried.then(({ usualMicros }) => usualMicros),
  );
  const { outcome } = await tried;
  // It does not serve; with another version of itself it may.
  if (!outcome.ok) usual.delete(key);
  return outcome;
}
