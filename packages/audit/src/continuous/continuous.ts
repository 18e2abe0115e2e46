import { createWorkQueue, refOf, systemClock, type Change, type KubeObject, type WorkQueue } from '@ostiary/kube';
import type { RunDocument } from '../document/document.ts';
import { createTally } from '../document/tally.ts';
import { assignmentsFor } from '../judge.ts';
import type { AuditOptions } from '../options.ts';
import { auditObject, type Memory } from '../pass.ts';
import { runSession } from '../run.ts';
import { openSession, type Session } from '../session.ts';
import { readItem } from '../walk/read-as.ts';
import { skippedNamespaces } from '../walk/skipped.ts';
import { watchPlan } from './control.ts';
import { createFollower } from './follow.ts';
import { createLedger, loadLedger, type Ledger } from './ledger.ts';
import { ledgerMemory } from './memory.ts';

export interface ContinuousOptions extends AuditOptions {
  /** Between two evaluations of everything. Default: 4 hours. */
  readonly resyncMs?: number | undefined;
  /** How long a change waits for the next one. Default: 2 s. */
  readonly debounceMs?: number | undefined;
  /** After each pass over everything that had to be looked at. */
  readonly onPass?: ((document: RunDocument) => void) | undefined;
}

const DEFAULT_RESYNC_MS = 4 * 60 * 60 * 1000;
const DEFAULT_DEBOUNCE_MS = 2000;

/** An object with a policy that gave no verdict is looked at again after so long; likewise a pass that could not begin. */
const RETRY_MS = 30_000;

/** Objects that are looked at because they changed; evaluations have their own limit. */
const CHANGE_WORKERS = 8;

/**
 * Keeps reports right until the signal aborts: one pass over everything, then only what changes. A change of policies,
 * namespaces' labels or policy servers makes a new plan, and a pass in which only what it changed is evaluated.
 * Throws KubeError when the reports of earlier runs can't be read.
 */
export async function auditContinuously(options: ContinuousOptions): Promise<void> {
  const { client, store, signal = new AbortController().signal, resyncMs = DEFAULT_RESYNC_MS, log } = options;
  const { debounceMs = DEFAULT_DEBOUNCE_MS, clock = systemClock } = options;
  const ledger = createLedger();
  if (store !== undefined) await loadLedger(ledger, store);
  options.metrics?.results(() => ledger.counts);
  let wake = new AbortController();
  const unwatch = watchPlan(client, options.deploymentsNamespace, (what) => {
    log.debug('the plan is out of date', { because: what });
    wake.abort();
  });
  const state: Current = { session: undefined, memory: undefined, working: new Set(), closing: new Set() };
  const queue = createWorkQueue();
  const follower = createFollower(client, options.pageSize, (unit, change) =>
    noteChange(options, state, ledger, queue, debounceMs, unit, change),
  );
  const work = (key: string): Promise<void> => during(state.working, handle(options, state, ledger, queue, key));
  const workers = queue.run(CHANGE_WORKERS, work, signal);
  let pass = 0;
  let fullAt = clock.now() + resyncMs;
  try {
    while (!signal.aborted) {
      const isFull = clock.now() >= fullAt;
      if (isFull) fullAt = clock.now() + resyncMs;
      wake = new AbortController();
      pass += 1;
      const isDone = await onePass(options, state, ledger, { pass, isFull });
      if (state.session !== undefined) await follower.follow(state.session.plan.units);
      const wait = isDone ? Math.max(0, fullAt - clock.now()) : RETRY_MS;
      await clock.sleep(wait, AbortSignal.any([signal, wake.signal]));
      // Policies come in batches, and each of them goes through several states.
      if (wake.signal.aborted) await clock.sleep(debounceMs, signal);
    }
  } finally {
    await Promise.all([unwatch(), follower.stop(), workers]);
    await Promise.all([state.session?.close(), ...state.closing]);
  }
}

interface Current {
  session: Session | undefined;
  memory: Memory | undefined;
  /** Changes that are being looked at, each with the session it began with. */
  readonly working: Set<Promise<void>>;
  /** Sessions that end when nobody works with them any more. */
  readonly closing: Set<Promise<void>>;
}

/** Keeps a promise in a set for as long as it is pending. */
function during(pending: Set<Promise<void>>, promise: Promise<void>): Promise<void> {
  const kept = promise.finally(() => pending.delete(kept));
  pending.add(kept);
  return kept;
}

/** Closed at once, its connections would be gone for whoever is in the midst of asking: errors, and in reports. */
async function closeAfter(session: Session, working: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(working);
  await session.close();
}

async function onePass(
  options: ContinuousOptions,
  state: Current,
  ledger: Ledger,
  { pass, isFull }: { readonly pass: number; readonly isFull: boolean },
): Promise<boolean> {
  const { store, signal, log } = options;
  try {
    const session = await openSession(options);
    const memory = ledgerMemory({ ledger, store, pass, isFull });
    const old = state.session;
    // Between passes a change is news whatever the last pass was.
    Object.assign(state, { session, memory: ledgerMemory({ ledger, store, pass, isFull: false }) });
    if (old !== undefined) void during(state.closing, closeAfter(old, [...state.working]));
    const isCurrent = (report: KubeObject): boolean =>
      // A report has the name of the object's uid.
      ledger.get(report.metadata.name)?.pass === pass;
    const { document, complete } = await runSession(options, session, memory, isCurrent);
    options.onPass?.(document);
    return complete;
  } catch (error) {
    if (signal?.aborted === true) return false;
    log.error('the pass failed', { cause: error instanceof Error ? error.message : String(error) });
    return false;
  }
}

function noteChange(
  options: ContinuousOptions,
  { session }: Current,
  ledger: Ledger,
  queue: WorkQueue<string>,
  debounceMs: number,
  unitId: string,
  change: Change<KubeObject>,
): void {
  const key = `${unitId} ${change.key}`;
  const object = change.type === 'delete' ? change.old : change.object;
  const { uid = '', resourceVersion, namespace = '' } = object.metadata;
  const skipped = session === undefined ? options.ignoreNamespaces : skippedNamespaces(options, session.plan);
  const isElsewhere = options.namespace === undefined ? skipped.has(namespace) : namespace !== options.namespace;
  if (isElsewhere) return;
  const entry = ledger.get(uid);
  if (change.type === 'delete') {
    if (entry === undefined) return;
    ledger.delete(uid);
    void removeReport(options, object);
    return;
  }
  if (entry !== undefined && entry.resourceVersion === resourceVersion) return;
  const unit = session?.plan.units.find(({ id }) => id === unitId);
  if (unit === undefined) return;
  // Most objects of a kind may be of no policy's business, and their labels tell.
  const subject = { item: { object, raw: new Uint8Array() }, namespaceLabels: undefined };
  if (entry === undefined && assignmentsFor(unit, subject, options.deploymentsNamespace).length === 0) return;
  queue.addAfter(key, debounceMs);
}

async function handle(
  options: ContinuousOptions,
  state: Current,
  ledger: Ledger,
  queue: WorkQueue<string>,
  key: string,
): Promise<void> {
  const { session, memory } = state;
  const space = key.indexOf(' ');
  const unit = session?.plan.units.find(({ id }) => id === key.slice(0, space));
  if (session === undefined || unit === undefined) return;
  const item = await readItem(options.client, unit.resource, refOf(key.slice(space + 1)), options.signal);
  if (item === undefined) return;
  const context = { options, session, tally: createTally(), runUid: crypto.randomUUID(), memory };
  const before = ledger.get(item.object.metadata.uid ?? '');
  const report = await auditObject(context, unit, item);
  const after = ledger.get(item.object.metadata.uid ?? '');
  if (report === undefined && before !== undefined && after === before) {
    // No policy looks at it any more.
    ledger.delete(item.object.metadata.uid ?? '');
    await removeReport(options, item.object);
  }
  if (report?.findings.some(({ outcome }) => outcome === 'error') === true) queue.addAfter(key, RETRY_MS);
  // There is a new plan since, and this may have overwritten what its pass found.
  if (state.session !== session) queue.add(key);
}

async function removeReport({ store, log, metrics }: ContinuousOptions, { metadata }: KubeObject): Promise<void> {
  const { uid = '', namespace } = metadata;
  const name = { name: uid, ...(namespace === undefined ? {} : { namespace }) };
  try {
    await store?.remove({ apiVersion: '', kind: '', metadata: name });
    metrics?.removed(1);
  } catch (error) {
    // Nobody waits for this: the next pass finds what is left.
    log.warn('a report could not be removed', { cause: error instanceof Error ? error.message : String(error) });
  }
}
