import { apiVersionOf, type ApiResource, type KubeObject } from '@ostiary/kube';
import { assignmentsFor } from './judge.ts';
import type { AuditOptions } from './options.ts';
import { subjectOf, type PassContext } from './pass.ts';
import { storageOf } from './plan/auditable.ts';
import type { Session } from './session.ts';
import { sweep, type ReportScope } from './store/store.ts';
import { readItem } from './walk/read-as.ts';

/** Learns which reports there are. Without that they are all written, whether they have changed or not. */
export async function surveyReports({ options }: PassContext): Promise<void> {
  try {
    await options.store?.survey(scopesOf(options));
  } catch (error) {
    options.signal?.throwIfAborted();
    options.log.warn('the reports could not be listed; all are written', { cause: reasonOf(error) });
  }
}

export interface StaleOptions {
  /** Units of which the list failed. */
  readonly failed: ReadonlySet<string>;
  /** Another process began the run: what it found unchanged is not known here. */
  readonly isResumed: boolean;
  /** Default: what this run has written or found unchanged. */
  readonly isCurrent?: ((report: KubeObject) => boolean) | undefined;
}

/**
 * Removes reports that this run has not renewed, of kinds that it has walked or that no policy looks at any more. Those
 * of kinds whose list failed stay: they are old, but not known to be wrong.
 */
export async function removeStale(context: PassContext, { failed, isResumed, isCurrent }: StaleOptions): Promise<void> {
  const { options, session, tally, runUid, memory } = context;
  const { store } = options;
  if (store === undefined) return;
  const isOurs = isCurrent ?? ((report: KubeObject) => store.isOf(report, runUid));
  const keptKinds = await kindsOf(session, failed);
  // Not the stack's own namespace, even if it was not walked: no policy looks into it then, or not any more.
  const isIgnored = ({ metadata }: KubeObject): boolean =>
    options.namespace === undefined && options.ignoreNamespaces.has(metadata.namespace ?? '');
  const isStale = async (report: KubeObject): Promise<boolean> => {
    if (isOurs(report) || isIgnored(report) || keptKinds.has(kindOf(report))) return false;
    if (isResumed && (await isLookedAt(context, report))) return false;
    // A report has the name of the object's uid. Whoever writes it anew from now on remembers it again.
    memory?.forget(report.metadata.name);
    return true;
  };
  for (const scope of scopesOf(options)) {
    try {
      const removed = await sweep(store, scope, isStale);
      options.metrics?.removed(removed);
      if (removed > 0) options.log.info('stale reports removed', { scope: scope.scope, removed });
    } catch (error) {
      const text = `stale reports: ${reasonOf(error)}`;
      options.log.warn(text);
      tally.problem(text);
    }
  }
}

/** Whether the object of a report is there and of any policy's business. */
async function isLookedAt({ options, session }: PassContext, report: KubeObject): Promise<boolean> {
  const { namespace, ownerReferences = [] } = report.metadata;
  const [owner] = ownerReferences;
  const unit = session.plan.units.find(({ resource }) => resourceName(resource) === kindOf(report));
  if (owner === undefined || unit === undefined) return false;
  const item = await readItem(options.client, unit.resource, { namespace, name: owner.name }, options.signal);
  if (item === undefined || item.object.metadata.uid !== owner.uid) return false;
  const subject = await subjectOf(unit, item, session.namespaces);
  return subject !== undefined && assignmentsFor(unit, subject, options.deploymentsNamespace).length > 0;
}

/** The object that a report is about owns it: metadata tell what its `scope` does. */
function kindOf({ metadata: { ownerReferences = [] } }: KubeObject): string {
  const [owner] = ownerReferences;
  return `${owner?.apiVersion ?? ''} ${owner?.kind ?? ''}`;
}

function resourceName(resource: ApiResource): string {
  return `${apiVersionOf(resource)} ${resource.kind}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function scopesOf({ namespace, clusterOnly }: AuditOptions): readonly ReportScope[] {
  const cluster: ReportScope = { scope: 'Cluster' };
  if (clusterOnly === true) return [cluster];
  return namespace === undefined ? [cluster, { scope: 'Namespaced' }] : [{ scope: 'Namespaced', namespace }];
}

/** The kinds of units, in all versions that a report may name. */
async function kindsOf(session: Session, units: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  if (units.size === 0) return new Set();
  const all = await session.discovery.all();
  const own = all.filter((resource) => units.has(storageOf(resource)));
  return new Set(own.map(resourceName));
}
