import {
  apply,
  deleteCollection,
  get,
  isKubeError,
  list,
  remove,
  type ApiResource,
  type KubeClient,
  type KubeObject,
} from '@ostiary/kube';
import type { ObjectReport } from '../report/model.ts';
import { MANAGED_BY, MANAGED_BY_LABEL, reportResource } from '../report/resource.ts';
import type { ReportResources } from './kinds.ts';

/** Where reports are kept. All throw KubeError. */
export interface ReportStore {
  readonly put: (report: ObjectReport, run: ReportStamp) => Promise<void>;
  /** The report that an object has; undefined without one. */
  readonly get: (object: KubeObject) => Promise<KubeObject | undefined>;
  /** Our reports, of one namespace and of all when none is given. */
  readonly list: (where: ReportScope) => AsyncIterable<KubeObject>;
  readonly remove: (report: KubeObject) => Promise<void>;
}

/** What a run writes on its reports. */
export interface ReportStamp {
  readonly runUid: string;
  /** What the findings depend on besides the object, see `fingerprint`. */
  readonly fingerprint: string;
}

export type ReportScope =
  | { readonly scope: 'Cluster' }
  | { readonly scope: 'Namespaced'; readonly namespace?: string | undefined };

/** Ours: a run that finds it unchanged need not ask the policies again. */
export const FINGERPRINT_ANNOTATION = 'ostiary.dev/audit-fingerprint';

export const FIELD_MANAGER = 'ostiary-audit';

const OURS = { matchLabels: { [MANAGED_BY_LABEL]: MANAGED_BY } } as const;

export function createReportStore(client: KubeClient, kinds: ReportResources): ReportStore {
  const kindOf = (namespace: string | undefined): ApiResource =>
    namespace === undefined ? kinds.cluster : kinds.namespaced;
  return {
    put: async (report, { runUid, fingerprint }) => {
      const kind = kindOf(report.object.metadata.namespace);
      const resource = reportResource(report, kind, runUid);
      const annotations = { [FINGERPRINT_ANNOTATION]: fingerprint };
      const stamped = { ...resource, metadata: { ...resource.metadata, annotations } };
      await apply(client, kind, stamped, { fieldManager: FIELD_MANAGER });
    },
    get: async ({ metadata: { namespace, uid = '' } }) => {
      try {
        return await get(client, kindOf(namespace), { namespace, name: uid });
      } catch (error) {
        if (isKubeError(error, 'not-found')) return undefined;
        throw error;
      }
    },
    list: (where) =>
      list(client, {
        resource: where.scope === 'Cluster' ? kinds.cluster : kinds.namespaced,
        namespace: where.scope === 'Cluster' ? undefined : where.namespace,
        labelSelector: OURS,
      }),
    remove: async ({ metadata: { namespace, name, uid, resourceVersion } }) => {
      try {
        // A report that was written anew since it was listed is not the one that was found to be stale.
        await remove(client, kindOf(namespace), { namespace, name }, { preconditions: { uid, resourceVersion } });
      } catch (error) {
        if (!isKubeError(error, 'not-found', 'conflict')) throw error;
      }
    },
  };
}

/** Removes all of our reports of a kind that is no longer written (contract: controller §8.2, 0). Throws KubeError. */
export async function removeAllReports(client: KubeClient, kinds: ReportResources): Promise<void> {
  await deleteCollection(client, { resource: kinds.cluster, labelSelector: OURS });
  const namespaces = new Set<string>();
  for await (const { metadata } of list(client, { resource: kinds.namespaced, labelSelector: OURS }))
    namespaces.add(metadata.namespace ?? '');
  for (const namespace of namespaces)
    await deleteCollection(client, { resource: kinds.namespaced, namespace, labelSelector: OURS });
}

/** Removes the reports that `isStale` says are, and counts them. */
export async function sweep(
  store: ReportStore,
  where: ReportScope,
  isStale: (report: KubeObject) => boolean,
): Promise<number> {
  let removed = 0;
  for await (const report of store.list(where)) {
    if (!isStale(report)) continue;
    await store.remove(report);
    removed += 1;
  }
  return removed;
}
