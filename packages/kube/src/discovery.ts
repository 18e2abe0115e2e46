import type { KubeClient } from './client/client.ts';
import { systemClock, type Clock } from './clock.ts';
import { KubeError } from './errors.ts';
import { parseApiVersion, type ApiResource } from './paths.ts';
import { readAggregated, readResourceList } from './discovery-documents.ts';
import { isRecord, recordsAt, textAt, textsAt, type JsonRecord } from './record.ts';

/** What identifies a resource to whoever asks: a kind, or a plural name with or without its version. */
export type ResourceQuery =
  | { readonly apiVersion: string; readonly kind: string }
  | { readonly group: string; readonly version?: string | undefined; readonly plural: string };

/** Which resources an API server has. */
export interface Discovery {
  /** Undefined if the server has no such resource. Without a version the one that the server prefers is taken. */
  readonly resourceFor: (query: ResourceQuery) => Promise<ApiResource | undefined>;
  /** Every resource in every version, preferred versions first within their group. */
  readonly all: () => Promise<readonly ApiResource[]>;
  /** Asks the server anew. */
  readonly refresh: () => Promise<void>;
}

/** A custom resource may be minutes old; a miss asks again, but guests that ask for nonsense must not flood the server. */
const REFRESH_INTERVAL_MS = 10_000;

/** Documents that are read at the same time where the server has no aggregated discovery. */
const PARALLEL_READS = 4;

const AGGREGATED = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',');

/** Asks nothing before the first question. All questions throw KubeError when the server can't be asked. */
export function createDiscovery(
  client: KubeClient,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Discovery {
  let known: readonly ApiResource[] | undefined;
  let refreshedAt = -Infinity;
  let running: Promise<void> | undefined;

  const refresh = (): Promise<void> => {
    running ??= readAll(client)
      .then((resources) => {
        known = resources;
        refreshedAt = clock.now();
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const all = async (): Promise<readonly ApiResource[]> => {
    if (known === undefined) await refresh();
    return known ?? [];
  };
  return {
    all,
    refresh,
    resourceFor: async (query) => {
      const found = find(await all(), query);
      if (found !== undefined || clock.now() - refreshedAt < REFRESH_INTERVAL_MS) return found;
      await refresh();
      return find(known ?? [], query);
    },
  };
}

function find(resources: readonly ApiResource[], query: ResourceQuery): ApiResource | undefined {
  if ('kind' in query) {
    const { group, version } = parseApiVersion(query.apiVersion);
    return resources.find((one) => one.kind === query.kind && one.group === group && one.version === version);
  }
  const { group, version, plural } = query;
  return resources.find(
    (one) => one.plural === plural && one.group === group && (version === undefined || one.version === version),
  );
}

async function readAll(client: KubeClient): Promise<readonly ApiResource[]> {
  const headers = { accept: `${AGGREGATED},application/json` };
  const roots = await Promise.all(['/api', '/apis'].map((path) => client.json<unknown>({ path, headers })));
  const found = await Promise.all(
    roots.map(async (root) => {
      if (!isRecord(root)) throw new KubeError('not-json', 'discovery: the answer is not an object');
      return root['kind'] === 'APIGroupDiscoveryList' ? readAggregated(root) : readOneByOne(client, root);
    }),
  );
  return found.flat();
}

/** For servers before 1.26, and others that know no aggregated discovery. */
async function readOneByOne(client: KubeClient, root: JsonRecord): Promise<readonly ApiResource[]> {
  const paths =
    root['kind'] === 'APIVersions'
      ? textsAt(root, 'versions').map((version) => `/api/${version}`)
      : recordsAt(root, 'groups').flatMap((group) => groupVersions(group).map((version) => `/apis/${version}`));
  const found: (readonly ApiResource[])[] = [];
  for (let at = 0; at < paths.length; at += PARALLEL_READS) {
    const batch = paths.slice(at, at + PARALLEL_READS);
    const read = await Promise.all(batch.map((path) => readGroupVersion(client, path)));
    found.push(...read);
  }
  return found.flat();
}

function groupVersions(group: JsonRecord): readonly string[] {
  const versions = recordsAt(group, 'versions').flatMap((version) => textAt(version, 'groupVersion') ?? []);
  const preferred = isRecord(group['preferredVersion']) ? textAt(group['preferredVersion'], 'groupVersion') : undefined;
  return preferred === undefined ? versions : [...new Set([preferred, ...versions])];
}

async function readGroupVersion(client: KubeClient, path: string): Promise<readonly ApiResource[]> {
  try {
    const document = await client.json<unknown>({ path });
    return isRecord(document) ? readResourceList(document) : [];
  } catch (error) {
    // An aggregated API that is down must not hide all others.
    if (error instanceof KubeError && ['unavailable', 'not-found', 'internal', 'timeout'].includes(error.code))
      return [];
    throw error;
  }
}
