import { BY_SERVER } from '../cluster/caches.ts';
import { CONFIG_MAPS } from '../cluster/kinds.ts';
import type { ConfigMap, PolicyServer } from '../cluster/objects.ts';
import type { Configuration } from '../desired/config-map.ts';
import { CONFIG_VERSION } from '../desired/names.ts';
import { SNAPSHOT_OF, snapshotOf } from '../desired/snapshot.ts';
import { configMapNamed, type Context } from './context.ts';

/** A Deployment keeps ten ReplicaSets to go back to, unless it is told otherwise; one more is the present one. */
const KEPT = 10 + 1;

/** Writes down a revision for pods that mount it, and removes those that nothing can go back to any more. */
export async function keepSnapshot(
  context: Context,
  server: PolicyServer,
  configuration: Configuration,
  version: string,
): Promise<void> {
  const desired = snapshotOf(server, context.options.namespace, configuration, version);
  await context.applier.ensure(CONFIG_MAPS, desired, configMapNamed(context, desired.metadata.name));
  await sweep(context, server, KEPT - 1, desired.metadata.name);
}

/** For servers whose pods follow their ConfigMap: what pods of before still mount, goes with them. */
export async function dropSnapshots(context: Context, server: PolicyServer): Promise<void> {
  await sweep(context, server, 0);
}

async function sweep(context: Context, { metadata }: PolicyServer, most: number, present?: string): Promise<void> {
  const { applier, caches, options } = context;
  const mounted = new Set(
    caches.pods.byIndex(BY_SERVER, metadata.name).map((pod) => pod.metadata.labels?.[CONFIG_VERSION]),
  );
  const old = caches.configMaps
    .list()
    .filter(
      (one) =>
        one.metadata.namespace === options.namespace &&
        one.metadata.labels?.[SNAPSHOT_OF] === metadata.name &&
        one.metadata.name !== present,
    )
    .toSorted((a, b) => madeAt(b) - madeAt(a))
    .slice(most);
  for (const one of old) {
    if (!mounted.has(one.metadata.annotations?.[CONFIG_VERSION])) await applier.drop(CONFIG_MAPS, one);
  }
}

/** When it was made, in milliseconds; unknown is long ago. */
function madeAt({ metadata }: ConfigMap): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}
