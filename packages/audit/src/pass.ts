import { KubeError, objectKey, type Item, type KubeObject, type Labels } from '@ostiary/kube';
import { forEachConcurrently } from './concurrency.ts';
import type { Tally } from './document/tally.ts';
import { assignmentsFor, type Subject } from './judge.ts';
import type { AuditOptions } from './options.ts';
import type { PlannedPolicy, Unit } from './plan/plan.ts';
import { fingerprint } from './report/fingerprint.ts';
import type { Finding, ObjectReport } from './report/model.ts';
import { describeResource, isNamespaceResource } from './request.ts';
import { createWatermark, type Finish, type Watermark } from './resume/watermark.ts';
import type { Session } from './session.ts';
import type { Namespaces } from './walk/namespaces.ts';
import { labelsOf } from './walk/namespaces.ts';
import { skippedNamespaces } from './walk/skipped.ts';
import { walk } from './walk/walk.ts';

/** What a pass over objects needs of its surroundings. */
export interface PassContext {
  readonly options: AuditOptions;
  readonly session: Session;
  readonly tally: Tally;
  readonly runUid: string;
  readonly memory?: Memory | undefined;
}

/** What is known of objects from earlier passes. */
export interface Memory {
  /** Findings that still hold; `all` when the whole report does. */
  readonly recall: (
    object: KubeObject,
    fingerprint: string,
    policies: readonly PlannedPolicy[],
  ) => Promise<Recollection>;
  readonly remember: (report: ObjectReport, fingerprint: string) => void;
  /** The report of the object with this uid is being removed. */
  readonly forget: (uid: string) => void;
}

export type Recollection = 'all' | ReadonlyMap<PlannedPolicy, Finding> | undefined;

/** One resource on its way. */
export interface UnitWalk {
  readonly watermark: Watermark;
  /** Throws KubeError when the list fails. */
  readonly done: Promise<void>;
}

/** Walks through the objects of a unit and audits each. */
export function walkUnit(context: PassContext, unit: Unit, after?: string): UnitWalk {
  const { client, namespace, pageSize, parallelObjects, signal } = context.options;
  const watermark = createWatermark(after);
  const skipNamespaces = skippedNamespaces(context.options, context.session.plan);
  const source = walk({ client, resource: unit.resource, namespace, skipNamespaces, pageSize, after, signal });
  const done = forEachConcurrently(marked(source, watermark), parallelObjects, async ({ item, finish }) => {
    const report = await auditObject(context, unit, item);
    finish(report === undefined ? undefined : () => context.tally.add(slim(report)));
  });
  return { watermark, done };
}

interface Marked {
  readonly item: Item;
  readonly finish: Finish;
}

async function* marked(source: AsyncIterable<Item>, watermark: Watermark): AsyncGenerator<Marked, void> {
  for await (const item of source) yield { item, finish: watermark.start(objectKey(item.object)) };
}

/** Audits one object and writes its report. Undefined for an object that no policy looks at. */
export async function auditObject(context: PassContext, unit: Unit, item: Item): Promise<ObjectReport | undefined> {
  const { options, session, memory } = context;
  const subject = await subjectOf(unit, item, session.namespaces);
  if (subject === undefined) return undefined;
  const assignments = assignmentsFor(unit, subject, options.deploymentsNamespace);
  if (assignments.length === 0) return undefined;
  const mark = fingerprint(assignments);
  const policies = assignments.map(({ planned }) => planned);
  const known = await memory?.recall(item.object, mark, policies);
  if (known === 'all') {
    options.metrics?.reused();
    return undefined;
  }
  const report = await session.judge(unit, subject, known);
  if (report.findings.length === 0 && report.skipped === 0) return undefined;
  options.onReport?.(report);
  if (await write(context, report, mark)) memory?.remember(report, mark);
  return report;
}

/** Undefined for an object of a namespace that is gone. Throws KubeError. */
export async function subjectOf(unit: Unit, item: Item, namespaces: Namespaces): Promise<Subject | undefined> {
  const { namespace, name, labels } = item.object.metadata;
  if (isNamespaceResource(unit.resource)) return { item, namespaceLabels: labelsOf(name, labels) };
  if (namespace === undefined) return { item, namespaceLabels: undefined };
  const own: Labels | undefined = await namespaces.labelsOf(namespace);
  // The namespace is gone, and the object with it.
  return own === undefined ? undefined : { item, namespaceLabels: own };
}

async function write({ options, runUid, tally }: PassContext, report: ObjectReport, mark: string): Promise<boolean> {
  if (options.store === undefined) return true;
  try {
    const outcome = await options.store.put(report, { runUid, fingerprint: mark });
    if (outcome === 'written') options.metrics?.wrote();
    else options.metrics?.unchanged();
    return true;
  } catch (error) {
    if (!(error instanceof KubeError) || error.code === 'aborted') throw error;
    const text = `report of ${describeResource(report.resource)} ${objectKey(report.object)}: ${error.message}`;
    options.log.warn(text);
    tally.problem(text);
    return false;
  }
}

/** What a tally looks at: objects that wait for their turn to be counted needn't be kept whole. */
function slim(report: ObjectReport): ObjectReport {
  const { apiVersion, kind, metadata } = report.object;
  const { namespace, name } = metadata;
  const own = namespace === undefined ? { name } : { namespace, name };
  return { ...report, object: { apiVersion, kind, metadata: own } };
}
