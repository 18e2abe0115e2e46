import { BY_SERVER } from '../cluster/caches.ts';
import type { PolicyServer } from '../cluster/objects.ts';
import { servingPods } from '../observe/acknowledgement.ts';
import type { Context } from './context.ts';

/** A revision that pods have been given. */
export interface Delivered {
  readonly revision: string;
  /** By the monotonic clock, in milliseconds. */
  readonly at: number;
}

/** A reload of a thousand policies takes about as long; pods that have not said anything by then hold nobody up. */
const PATIENCE_MS = 1000;

const LOOK_AGAIN_MS = 50;

/**
 * How long a server's next revision should wait, in milliseconds; 0: not at all. While pods take one revision in, changes
 * gather for the next: of a thousand policies that come at once, each delivery then brings as many as pods and API server
 * can follow, where a revision for each tenth of a second would only keep them reading.
 */
export function waitOf({ delivered, clock, caches }: Context, { metadata }: PolicyServer): number {
  const last = delivered.get(metadata.name);
  if (last === undefined || clock.now() >= last.at + PATIENCE_MS) return 0;
  const isBehind = servingPods(caches.pods.byIndex(BY_SERVER, metadata.name)).some(
    ({ isReady, acknowledged }) =>
      isReady && acknowledged?.revision !== last.revision && acknowledged?.refused?.revision !== last.revision,
  );
  return isBehind ? LOOK_AGAIN_MS : 0;
}

/** To be called when a revision has been written. */
export function noteDelivery({ delivered, clock }: Context, { metadata }: PolicyServer, revision: string): void {
  if (delivered.get(metadata.name)?.revision === revision) return;
  delivered.set(metadata.name, { revision, at: clock.now() });
}
