import { randomUUID } from 'node:crypto';
import { systemClock, type KubeObject } from '@ostiary/kube';
import type { RunDocument } from './document/document.ts';
import { createTally } from './document/tally.ts';
import type { AuditOptions } from './options.ts';
import type { Unit } from './plan/plan.ts';
import { walkUnit, type Memory, type PassContext } from './pass.ts';
import { describeResource } from './request.ts';
import type { Checkpoint } from './resume/checkpoint.ts';
import { openSession, type Session } from './session.ts';
import { removeStale, surveyReports } from './stale.ts';

export interface RunResult {
  readonly document: RunDocument;
  /** False when something could not be audited or written; `document.problems` says what. */
  readonly complete: boolean;
}

/** How often a run notes how far it is. */
const CHECKPOINT_MS = 5000;
const PROGRESS_MS = 250;

/**
 * Audits everything once. Throws KubeError and AuditError when it can't begin; once it has begun, failures are problems
 * of the document. An abort notes how far it has come and rejects with the signal's reason.
 */
export async function runAudit(options: AuditOptions): Promise<RunResult> {
  const session = await openSession(options);
  try {
    return await runSession(options, session);
  } finally {
    await session.close();
  }
}

/** The same with a session that is open. `memory` spares evaluations, `isCurrent` says which reports are to stay. */
export async function runSession(
  options: AuditOptions,
  session: Session,
  memory?: Memory,
  isCurrent?: (report: KubeObject) => boolean,
): Promise<RunResult> {
  const { clock = systemClock, log } = options;
  const { plan } = session;
  const saved = await options.checkpoints?.load();
  const earlier = saved?.planHash === plan.hash ? saved : undefined;
  const runUid = earlier?.runUid ?? randomUUID();
  const startedAt = earlier?.startedAt ?? clock.date().toISOString();
  const tally = createTally();
  if (earlier === undefined) session.problems.forEach(tally.problem);
  else tally.restore(earlier.tally);
  log.info('audit begins', {
    run: runUid,
    policies: plan.policies.length,
    resources: plan.units.length,
    resumed: earlier !== undefined,
  });

  const context: PassContext = { options, session, tally, runUid, memory };
  await surveyReports(context);
  const state = await walkAll(context, earlier, startedAt);
  await removeStale(context, { failed: state.failed, isResumed: earlier !== undefined, isCurrent });
  await options.checkpoints?.clear();
  const finishedAt = clock.date().toISOString();
  const document = tally.document(
    { uid: runUid, source: 'cluster', startedAt, finishedAt, resumed: earlier !== undefined },
    plan,
  );
  options.metrics?.finished(document, (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
  log.info('audit ends', { run: runUid, objects: document.totals.objects, ...document.totals.summary });
  return { document, complete: document.problems.length === 0 };
}

interface WalkState {
  readonly done: Set<string>;
  readonly failed: Set<string>;
}

async function walkAll(context: PassContext, earlier: Checkpoint | undefined, startedAt: string): Promise<WalkState> {
  const { plan } = context.session;
  const state: WalkState = { done: new Set(earlier?.doneUnits), failed: new Set(earlier?.failedUnits) };
  for (const unit of plan.units) {
    if (state.done.has(unit.id) || state.failed.has(unit.id)) continue;
    const after = earlier?.current?.unit === unit.id ? earlier.current.after : undefined;
    const save = (current?: Checkpoint['current']): Promise<void> => saveState(context, state, startedAt, current);
    await walkOne(context, unit, after, state, save);
    await save();
  }
  return state;
}

async function walkOne(
  context: PassContext,
  unit: Unit,
  after: string | undefined,
  state: WalkState,
  save: (current: Checkpoint['current']) => Promise<void>,
): Promise<void> {
  const { options, tally } = context;
  const { watermark, done } = walkUnit(context, unit, after);
  const here = (): Checkpoint['current'] => {
    const mark = watermark.mark();
    return mark === undefined ? undefined : { unit: unit.id, after: mark };
  };
  const stop = everySoOften(context, unit, state, () => save(here()));
  try {
    await done;
    state.done.add(unit.id);
  } catch (error) {
    if (options.signal?.aborted === true) {
      await save(here());
      throw options.signal.reason;
    }
    const text = `${describeResource(unit.resource)}: ${error instanceof Error ? error.message : String(error)}`;
    options.log.warn(text);
    tally.problem(text);
    state.failed.add(unit.id);
  } finally {
    await stop();
  }
}

/** Notes and tells how far the walk is, until the function that is returned is called. */
function everySoOften(
  { options, session, tally }: PassContext,
  unit: Unit,
  state: WalkState,
  save: () => Promise<void>,
): () => Promise<void> {
  let saving = Promise.resolve();
  const tell = (): void => {
    const totals = tally.totals();
    options.metrics?.concurrency(session.limiter.limit);
    options.onProgress?.({
      unit: unit.id,
      unitsDone: state.done.size + state.failed.size,
      units: session.plan.units.length,
      objects: totals.objects,
      failures: totals.summary.fail,
      errors: totals.summary.error,
      limit: session.limiter.limit,
    });
  };
  const progress = options.onProgress === undefined ? undefined : setInterval(tell, PROGRESS_MS);
  const saver = setInterval(() => void (saving = saving.then(save)), CHECKPOINT_MS);
  return async () => {
    clearInterval(progress);
    clearInterval(saver);
    await saving;
    tell();
  };
}

/** Never throws: the audit is worth more than the note of how far it is. */
async function saveState(
  { options, session, runUid, tally }: PassContext,
  { done, failed }: WalkState,
  startedAt: string,
  current: Checkpoint['current'],
): Promise<void> {
  try {
    await options.checkpoints?.save({
      version: 1,
      runUid,
      startedAt,
      planHash: session.plan.hash,
      doneUnits: [...done],
      failedUnits: [...failed],
      ...(current === undefined ? {} : { current }),
      tally: tally.state(),
    });
  } catch (error) {
    options.log.warn('the checkpoint could not be saved', { cause: error instanceof Error ? error.message : '' });
  }
}
