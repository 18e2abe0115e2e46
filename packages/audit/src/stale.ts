import type { KubeObject } from '@ostiary/kube';
import { recordAt, textAt } from './json.ts';
import type { AuditOptions } from './options.ts';
import type { PassContext } from './pass.ts';
import { storageOf } from './plan/auditable.ts';
import type { Session } from './session.ts';
import { sweep, type ReportScope } from './store/store.ts';

/**
 * Removes reports that this run has not renewed, of kinds that it has walked or that no policy looks at any more. Those
 * of kinds whose list failed stay: they are old, but not known to be wrong.
 */
export async function removeStale(
  { options, session, tally }: PassContext,
  failed: ReadonlySet<string>,
  isCurrent: (report: KubeObject) => boolean,
): Promise<void> {
  const { store, ignoreNamespaces, deploymentsNamespace } = options;
  if (store === undefined) return;
  const keptKinds = await kindsOf(session, failed);
  const skipped = new Set([...ignoreNamespaces, deploymentsNamespace]);
  const isStale = (report: KubeObject): boolean => {
    const scope = recordAt(report, 'scope');
    const wasSkipped = options.namespace === undefined && skipped.has(report.metadata.namespace ?? '');
    return (
      !isCurrent(report) && !wasSkipped && !keptKinds.has(`${textAt(scope, 'apiVersion')} ${textAt(scope, 'kind')}`)
    );
  };
  for (const scope of scopesOf(options)) {
    try {
      const removed = await sweep(store, scope, isStale);
      options.metrics?.removed(removed);
      if (removed > 0) options.log.info('stale reports removed', { scope: scope.scope, removed });
    } catch (error) {
      const text = `stale reports: ${error instanceof Error ? error.message : String(error)}`;
      options.log.warn(text);
      tally.problem(text);
    }
  }
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
  return new Set(own.map(({ group, version, kind }) => `${group === '' ? version : `${group}/${version}`} ${kind}`));
}
