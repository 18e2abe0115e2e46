import {
  apply,
  create,
  deleteCollection,
  get,
  isKubeError,
  list,
  remove,
  type ApiResource,
  type KubeClient,
  type KubeObject,
} from '@ostiary/kube';
import { reportDigest } from '../report/digest.ts';
import type { ObjectReport } from '../report/model.ts';
import { MANAGED_BY, MANAGED_BY_LABEL, reportResource, RUN_UID_LABEL } from '../report/resource.ts';
import type { ReportResources } from './kinds.ts';
import { createKnownReports } from './known.ts';
import { metadataOnly } from './metadata-only.ts';
import { FIELD_MANAGER, isAsWritten } from './ownership.ts';

/** Where reports are kept. All throw KubeError. */
export interface ReportStore {
  /** Looks at what reports there are, so that `put` leaves alone those that would stay the same. */
  readonly survey: (where: readonly ReportScope[]) => Promise<void>;
  /** `unchanged`: the report that is there says the same, and keeps the stamp of the run that wrote it. */
  readonly put: (report: ObjectReport, run: ReportStamp) => Promise<'written' | 'unchanged'>;
  /** Whether a report was written by a run, or found unchanged by it in this process. */
  readonly isOf: (report: KubeObject, runUid: string) => boolean;
  /** The report that an object has; undefined without one. */
  readonly get: (object: KubeObject) => Promise<KubeObject | undefined>;
  /** Our reports, of one namespace and of all when none is given. */
  readonly list: (where: ReportScope) => AsyncIterable<KubeObject>;
  /** Their metadata alone. */
  readonly listMetadata: (where: ReportScope) => AsyncIterable<KubeObject>;
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

/** Ours: a run that would write a report with the same digest need not write it. */
export const DIGEST_ANNOTATION = 'ostiary.dev/audit-digest';

const OURS = { matchLabels: { [MANAGED_BY_LABEL]: MANAGED_BY } } as const;

export function createReportStore(client: KubeClient, kinds: ReportResources): ReportStore {
  const known = createKnownReports();
  const brief = metadataOnly(client);
  const kindOf = (namespace: string | undefined): ApiResource =>
    namespace === undefined ? kinds.cluster : kinds.namespaced;
  const selectionOf = (where: ReportScope): Parameters<typeof list>[1] => ({
    resource: where.scope === 'Cluster' ? kinds.cluster : kinds.namespaced,
    namespace: where.scope === 'Cluster' ? undefined : where.namespace,
    labelSelector: OURS,
  });
  const write = async (kind: ApiResource, report: KubeObject): Promise<void> => {
    const by = { fieldManager: FIELD_MANAGER };
    if (known.isComplete && !known.has(report.metadata.name)) {
      try {
        // A fifth cheaper for the API server than an apply that creates.
        await create(brief, kind, report, by);
        return;
      } catch (error) {
        if (!isKubeError(error, 'already-exists')) throw error;
      }
    }
    await apply(brief, kind, report, by);
  };
  return {
    survey: async (scopes) => {
      known.clear();
      let sawAll = false;
      try {
        for (const where of scopes) {
          for await (const report of list(brief, selectionOf(where)))
            known.found(report.metadata.name, digestIn(report));
        }
        sawAll = true;
      } finally {
        known.ended(sawAll);
      }
    },
    put: async (report, { runUid, fingerprint }) => {
      const kind = kindOf(report.object.metadata.namespace);
      const resource = reportResource(report, kind, runUid);
      const { name } = resource.metadata;
      const digest = reportDigest(resource, fingerprint);
      if (known.digestOf(name) === digest) {
        known.renew(name, runUid);
        return 'unchanged';
      }
      const annotations = { [FINGERPRINT_ANNOTATION]: fingerprint, [DIGEST_ANNOTATION]: digest };
      await write(kind, { ...resource, metadata: { ...resource.metadata, annotations } });
      known.note(name, digest);
      return 'written';
    },
    isOf: ({ metadata: { name, labels } }, runUid) =>
      labels?.[RUN_UID_LABEL] === runUid || known.isRenewedBy(name, runUid),
    get: async ({ metadata: { namespace, uid = '' } }) => {
      try {
        return await get(client, kindOf(namespace), { namespace, name: uid });
      } catch (error) {
        if (isKubeError(error, 'not-found')) return undefined;
        throw error;
      }
    },
    list: (where) => list(client, selectionOf(where)),
    listMetadata: (where) => list(brief, selectionOf(where)),
    remove: async ({ metadata: { namespace, name, uid, resourceVersion } }) => {
      known.forget(name);
      try {
        // A report that was written anew since it was listed is not the one that was found to be stale.
        await remove(client, kindOf(namespace), { namespace, name }, { preconditions: { uid, resourceVersion } });
        // Once more: a survey that has begun in between may have listed it.
        known.forget(name);
      } catch (error) {
        if (!isKubeError(error, 'not-found', 'conflict')) throw error;
      }
    },
  };
}

/** What a report says of itself; nothing, so that it is written anew, when somebody else has changed it since. */
function digestIn(report: KubeObject): string {
  return isAsWritten(report) ? (report.metadata.annotations?.[DIGEST_ANNOTATION] ?? '') : '';
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

/** Removes the reports that `isStale` says are, by their metadata, and counts them. */
export async function sweep(
  store: ReportStore,
  where: ReportScope,
  isStale: (report: KubeObject) => boolean | Promise<boolean>,
): Promise<number> {
  let removed = 0;
  for await (const report of store.listMetadata(where)) {
    if (!(await isStale(report))) continue;
    await store.remove(report);
    removed += 1;
  }
  return removed;
}
