import {
  apply,
  isKubeError,
  objectKey,
  remove,
  type ApiResource,
  type KubeClient,
  type KubeObject,
} from '@ostiary/kube';
import { canonicalJson, hashOf } from '../desired/policies.ts';
import type { Desired } from '../desired/owned.ts';
import { covers, projection } from './covers.ts';

export const FIELD_MANAGER = 'ostiary-controller';

/** A hash of what was applied last, so that a member that is no longer wanted is noticed after a restart as well. */
export const APPLIED = 'ostiary.dev/applied';

/** Makes objects what they should be, and asks nothing of the API server when they are. */
export interface Applier {
  /** `live` is the object as the cache has it. Resolves with the object as it is then. */
  readonly ensure: (resource: ApiResource, desired: Desired, live: KubeObject | undefined) => Promise<KubeObject>;
  /** Deletes the object; one that is not there is no problem. */
  readonly drop: (resource: ApiResource, live: KubeObject | undefined) => Promise<boolean>;
  readonly forgetAll: () => void;
}

interface Accepted {
  readonly hash: string;
  /** What the API server made of our members: it may write a quantity in another way. */
  readonly projection: string;
}

/** Objects of one controller: 1,000 policies and 20 servers of 8 objects; beyond, the oldest are applied once more. */
const MAX_REMEMBERED = 8192;

export function createApplier(client: KubeClient): Applier {
  const accepted = new Map<string, Accepted>();
  const keyOf = ({ plural, group }: ApiResource, object: KubeObject): string =>
    `${plural}.${group}/${objectKey(object)}`;
  return {
    ensure: async (resource, wanted, live) => {
      const hash = hashOf(canonicalJson(wanted));
      const desired = withHash(wanted, hash);
      const key = keyOf(resource, desired);
      if (live !== undefined && live.metadata.annotations?.[APPLIED] === hash) {
        if (covers(live, desired)) return live;
        const known = accepted.get(key);
        if (known?.hash === hash && known.projection === canonicalJson(projection(live, desired))) return live;
      }
      const result = await apply<KubeObject>(client, resource, desired, { fieldManager: FIELD_MANAGER });
      accepted.delete(key);
      accepted.set(key, { hash, projection: canonicalJson(projection(result, desired)) });
      const [oldest] = accepted.keys();
      if (accepted.size > MAX_REMEMBERED && oldest !== undefined) accepted.delete(oldest);
      return result;
    },
    drop: async (resource, live) => {
      if (live === undefined || live.metadata.deletionTimestamp !== undefined) return false;
      accepted.delete(keyOf(resource, live));
      const { namespace, name, uid } = live.metadata;
      try {
        await remove(client, resource, { namespace, name }, { preconditions: { uid } });
        return true;
      } catch (error) {
        // It is gone, or another one has its name, of which the cache will tell.
        if (isKubeError(error, 'not-found', 'conflict')) return false;
        throw error;
      }
    },
    forgetAll: () => accepted.clear(),
  };
}

function withHash(desired: Desired, hash: string): Desired {
  const { metadata } = desired;
  return { ...desired, metadata: { ...metadata, annotations: { ...metadata.annotations, [APPLIED]: hash } } };
}
