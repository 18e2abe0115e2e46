import type { Clock, Discovery } from '@ostiary/kube';
import type { PolicyIdScheme } from '../api/policy-id.ts';
import type { Caches } from '../cluster/caches.ts';
import type { ReviewContext } from './review.ts';

/** What the cluster has, by group and plural. */
export interface Scopes {
  readonly isNamespaced: (group: string, plural: string) => boolean | undefined;
  readonly refresh: () => Promise<void>;
}

/** A policy may name what will never be there, and be written every second. */
const NOT_AGAIN_MS = 60_000;

/**
 * A webhook can't wait for discovery, so it answers by what is known; who asks for something unknown makes it known to the
 * next one.
 */
export function createScopes(
  discovery: Discovery,
  onError: (error: unknown) => void,
  clock: Pick<Clock, 'now'>,
): Scopes {
  let known: ReadonlyMap<string, boolean> = new Map();
  let refreshedAt = -Infinity;
  const refresh = async (): Promise<void> => {
    refreshedAt = clock.now();
    try {
      await discovery.refresh();
      const all = await discovery.all();
      known = new Map(all.map(({ group, plural, namespaced }) => [`${plural}.${group}`, namespaced]));
    } catch (error) {
      onError(error);
    }
  };
  return {
    refresh,
    isNamespaced: (group, plural) => {
      const found = known.get(`${plural}.${group}`);
      if (found === undefined && clock.now() - refreshedAt > NOT_AGAIN_MS) void refresh();
      return found;
    },
  };
}

/** What the validation of our kinds asks of the cluster, answered by the caches. */
export function reviewContext(
  caches: Caches,
  namespace: string,
  idScheme: PolicyIdScheme,
  scopes: Scopes,
): ReviewContext {
  return {
    policy: { isNamespaced: scopes.isNamespaced, idScheme },
    policyServer: {
      secretType: (name) => {
        const secret = caches.secrets.get(namespace, name);
        return secret === undefined ? undefined : (secret.type ?? 'Opaque');
      },
      configMapKeys: (name) => {
        const configMap = caches.configMaps.get(namespace, name);
        return configMap === undefined ? undefined : Object.keys(configMap.data ?? {});
      },
    },
  };
}
