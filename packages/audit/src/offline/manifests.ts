import { createHash, randomUUID } from 'node:crypto';
import { apiVersionOf, systemClock, type ApiResource, type Clock, type KubeObject, type Labels } from '@ostiary/kube';
import { forEachConcurrently } from '../concurrency.ts';
import { createTally, type Origin } from '../document/tally.ts';
import type { Evaluator } from '../evaluate/evaluator.ts';
import { createLimiter } from '../evaluate/limiter.ts';
import { createJudge, type Judge, type Subject } from '../judge.ts';
import { makePlan, type Plan, type Unit } from '../plan/plan.ts';
import type { Policy } from '../policies/policy.ts';
import type { ObjectReport } from '../report/model.ts';
import { isNamespaceResource, serviceAccountUser, type AuditUser } from '../request.ts';
import type { RunResult } from '../run.ts';
import { labelsOf } from '../walk/namespaces.ts';

/** An object of a manifest. */
export interface Manifest {
  readonly object: KubeObject;
  /** The object as JSON, with all digits of its numbers. Without it the object is written anew. */
  readonly raw?: Uint8Array | undefined;
  readonly origin?: Origin | undefined;
}

/** How to audit manifests without a cluster. */
export interface ManifestAuditOptions {
  readonly manifests: readonly Manifest[];
  readonly policies: readonly Policy[];
  readonly idOf: (policy: Policy) => string;
  readonly evaluator: Evaluator;
  /** The resources that the manifests are of. */
  readonly resources: readonly ApiResource[];
  /** Where objects without a namespace go. Default: `default`. */
  readonly namespace?: string | undefined;
  readonly deploymentsNamespace: string;
  readonly user?: AuditUser | undefined;
  /** Evaluations at the same time. Default: 4. */
  readonly parallel?: number | undefined;
  readonly onReport?: ((report: ObjectReport) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_PARALLEL = 4;

/**
 * Holds policies against manifests as if they were created. There is nobody to convert objects between versions, and
 * nobody to ask for access, so conditions over `authorizer` have no answer.
 */
export async function auditManifests(options: ManifestAuditOptions): Promise<RunResult> {
  const { manifests, clock = systemClock, deploymentsNamespace, parallel = DEFAULT_PARALLEL, signal } = options;
  const startedAt = clock.date().toISOString();
  const plan = makePlan({ ...options, disposition: () => ({ type: 'evaluate' }) });
  const judge = createJudge({
    evaluator: options.evaluator,
    limiter: createLimiter({ max: parallel, initial: parallel, now: clock.now }),
    user: options.user ?? serviceAccountUser(deploymentsNamespace),
    deploymentsNamespace,
    signal,
    now: () => Math.floor(clock.date().getTime() / 1000),
  });
  const tally = createTally();
  const reports = new Map<Manifest, ObjectReport>();
  await forEachConcurrently(eachOf(manifests), parallel, async (manifest) => {
    const report = await judgeManifest(manifest, plan, judge, options);
    if (report !== undefined) reports.set(manifest, report);
  });
  // In the order of the manifests, whatever was quicker.
  for (const manifest of manifests) {
    const report = reports.get(manifest);
    if (report === undefined) continue;
    options.onReport?.(report);
    tally.add(report, manifest.origin);
  }
  const finishedAt = clock.date().toISOString();
  const run = { uid: randomUUID(), source: 'manifests', startedAt, finishedAt, resumed: false } as const;
  return { document: tally.document(run, plan), complete: true };
}

async function judgeManifest(
  manifest: Manifest,
  plan: Plan,
  judge: Judge,
  options: ManifestAuditOptions,
): Promise<ObjectReport | undefined> {
  const { apiVersion, kind } = manifest.object;
  const unit = plan.units.find(({ resource }) => resource.kind === kind && apiVersionOf(resource) === apiVersion);
  if (unit === undefined) return undefined;
  const report = await judge(unit, subjectOf(manifest, unit, options));
  return report.findings.length === 0 && report.skipped === 0 ? undefined : report;
}

function subjectOf(manifest: Manifest, { resource }: Unit, options: ManifestAuditOptions): Subject {
  const { object, raw } = placed(manifest, resource, options.namespace ?? 'default');
  const item = { object, raw: raw ?? Buffer.from(JSON.stringify(object)) };
  const { namespace, name, labels } = object.metadata;
  if (isNamespaceResource(resource)) return { item, namespaceLabels: labelsOf(name, labels) };
  return { item, namespaceLabels: namespace === undefined ? undefined : namespaceLabels(namespace, options.manifests) };
}

/** The API server would put the object where the request goes, and give it a uid. */
function placed(manifest: Manifest, { namespaced }: ApiResource, namespace: string): Manifest {
  const { object, raw } = manifest;
  const { metadata } = object;
  const isPlaced = !namespaced || (metadata.namespace ?? '') !== '';
  if (isPlaced && metadata.uid !== undefined) return { object, raw };
  const place = isPlaced ? {} : { namespace };
  const uid = metadata.uid ?? uidOf(object);
  const given = raw === undefined ? undefined : withMetadata(raw, { ...place, uid });
  return { object: { ...object, metadata: { ...metadata, ...place, uid } }, raw: given };
}

/** What JSON.parse tells a reviver of where a value comes from; TypeScript does not declare it. */
type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;
const lossless = JSON as unknown as {
  parse(text: string, reviver: Reviver): { readonly metadata: object };
  rawJSON(text: string): unknown;
};

function withMetadata(raw: Uint8Array, more: object): Uint8Array {
  const object = lossless.parse(Buffer.from(raw).toString('utf8'), (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? lossless.rawJSON(source) : value,
  );
  return Buffer.from(JSON.stringify({ ...object, metadata: { ...object.metadata, ...more } }));
}

/** The same object has the same uid in every run, so that runs can be compared. */
function uidOf({ apiVersion, kind, metadata }: KubeObject): string {
  const text = [apiVersion, kind, metadata.namespace ?? '', metadata.name].join('\n');
  const digits = createHash('sha256').update(text).digest('hex');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `a${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}

function namespaceLabels(name: string, manifests: readonly Manifest[]): Labels {
  const own = manifests.find(({ object }) => object.kind === 'Namespace' && object.metadata.name === name);
  return labelsOf(name, own?.object.metadata.labels);
}

async function* eachOf<T>(items: readonly T[]): AsyncGenerator<T, void> {
  yield* items;
}
