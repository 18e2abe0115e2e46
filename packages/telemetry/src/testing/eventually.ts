import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until it holds. */
export async function eventually(holds: () => boolean, limitMs = 3000): Promise<void> {
  for (const end = performance.now() + limitMs; !holds(); await sleep(5)) {
    assert.ok(performance.now() < end, 'not in time');
  }
}
