import {
  createReflector,
  type Change,
  type KubeClient,
  type KubeObject,
  type ObjectMeta,
  type Reflector,
} from '@ostiary/kube';
import { defined } from '../json.ts';
import type { Unit } from '../plan/plan.ts';

/** What a follower keeps of each object: what selectors look at, and whether it is the same as before. */
export function metadataOnly({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, ...defined({ namespace, uid, resourceVersion, labels }) } as ObjectMeta,
  };
}

export interface Follower {
  /** Follows exactly these units; those that it follows already go on. */
  readonly follow: (units: readonly Unit[]) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Follows the objects of units. The handler hears of all objects first, and then of changes. */
export function createFollower(
  client: KubeClient,
  pageSize: number,
  onChange: (unitId: string, change: Change<KubeObject>) => void,
): Follower {
  const followed = new Map<string, Reflector<KubeObject>>();
  /** A unit that is read in another version from now on is another one to follow. */
  const keyOf = ({ id, resource }: Unit): string => `${id} ${resource.group}/${resource.version}`;
  const start = ({ id, resource }: Unit): Reflector<KubeObject> =>
    createReflector({
      client,
      resource,
      pageSize,
      transform: metadataOnly,
      // Counted are the texts that were read; what is kept of them is a tenth.
      maxBytes: Number.MAX_SAFE_INTEGER,
      onChange: (changes) => changes.forEach((change) => onChange(id, change)),
    });
  return {
    follow: async (units) => {
      const wanted = new Map(units.map((unit) => [keyOf(unit), unit]));
      const gone = [...followed].filter(([key]) => !wanted.has(key));
      for (const [key] of gone) followed.delete(key);
      for (const [key, unit] of wanted) if (!followed.has(key)) followed.set(key, start(unit));
      await Promise.all(gone.map(([, reflector]) => reflector.stop()));
    },
    stop: async () => {
      await Promise.all([...followed.values()].map((reflector) => reflector.stop()));
      followed.clear();
    },
  };
}
