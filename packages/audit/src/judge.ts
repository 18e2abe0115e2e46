import type { ApiResource, Item, Labels } from '@ostiary/kube';
import { EvaluationError, type Evaluator } from './evaluate/evaluator.ts';
import type { Limiter } from './evaluate/limiter.ts';
import { testConditions, type ReviewAccess } from './plan/access.ts';
import { applies } from './plan/applies.ts';
import type { Assignment, PlannedPolicy, Unit } from './plan/plan.ts';
import type { Finding, ObjectReport, Outcome } from './report/model.ts';
import { conditionRequest, reviewBytes, type AuditUser } from './request.ts';

/** An object of a walk, with what selectors need to know of where it is. */
export interface Subject {
  readonly item: Item;
  readonly namespaceLabels: Labels | undefined;
}

export interface JudgeOptions {
  readonly evaluator: Evaluator;
  readonly limiter: Limiter;
  readonly user: AuditUser;
  readonly deploymentsNamespace: string;
  /** The same object in another version; undefined when it is gone. Default: as it is. */
  readonly readAs?: ((item: Item, as: ApiResource) => Promise<Item | undefined>) | undefined;
  readonly reviewAccess?: ReviewAccess | undefined;
  /** Evaluations of one object at the same time. Default: 5. */
  readonly parallelPolicies?: number | undefined;
  /** Seconds since 1970. */
  readonly now: () => number;
  readonly onEvaluation?: ((planned: PlannedPolicy, outcome: Outcome) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Holds policies against one object. `known` are findings that need not be found again. Throws only when aborted. */
export type Judge = (
  unit: Unit,
  subject: Subject,
  known?: ReadonlyMap<PlannedPolicy, Finding>,
) => Promise<ObjectReport>;

const NOTHING_KNOWN: ReadonlyMap<PlannedPolicy, Finding> = new Map();
const DEFAULT_PARALLEL_POLICIES = 5;

/** The assignments of a unit whose webhooks would be called for an object, but for match conditions. */
export function assignmentsFor(
  unit: Unit,
  { item, namespaceLabels }: Subject,
  deploymentsNamespace: string,
): readonly Assignment[] {
  const place = { object: item.object, namespaceLabels };
  return unit.assignments.filter((assignment) => applies(assignment, place, deploymentsNamespace));
}

export function createJudge(options: JudgeOptions): Judge {
  const { parallelPolicies = DEFAULT_PARALLEL_POLICIES, deploymentsNamespace, signal } = options;
  return async (unit, subject, known = NOTHING_KNOWN) => {
    const pending = [...assignmentsFor(unit, subject, deploymentsNamespace)];
    const findings = new Map<Assignment, Finding>();
    const order = [...pending];
    let skipped = 0;
    const worker = async (): Promise<void> => {
      for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
        signal?.throwIfAborted();
        const found = known.get(next.planned) ?? (await judgeOne(options, unit, subject.item, next));
        if (found === 'skipped') skipped += 1;
        else if (found !== undefined) findings.set(next, found);
      }
    };
    await Promise.all(Array.from({ length: parallelPolicies }, worker));
    return {
      object: subject.item.object,
      resource: unit.resource,
      findings: order.flatMap((one) => findings.get(one) ?? []),
      skipped,
    };
  };
}

async function judgeOne(
  options: JudgeOptions,
  unit: Unit,
  item: Item,
  { planned, as, requested }: Assignment,
): Promise<Finding | 'skipped' | undefined> {
  const finding = (outcome: Outcome, message = ''): Finding => {
    options.onEvaluation?.(planned, outcome);
    return { planned, outcome, message, at: options.now() };
  };
  const { disposition } = planned;
  try {
    const seen = as === unit.resource ? item : await (options.readAs?.(item, as) ?? item);
    if (seen === undefined) return undefined;
    const input = { object: seen.object, as, requested, user: options.user };
    const conditions = { object: seen.object, request: conditionRequest(input) };
    const match = await testConditions(planned.conditions, conditions, options.reviewAccess);
    if (match.type === 'mismatch') return undefined;
    if (disposition.type === 'skip') return 'skipped';
    if (disposition.type === 'error') return finding('error', disposition.message);
    // A webhook that fails open is not called then; one that fails closed turns the request away.
    if (match.type === 'failed')
      return planned.policy.failurePolicy === 'Ignore' ? undefined : finding('error', match.message);
    const { allowed, status } = await ask(options, planned, reviewBytes(input, seen.raw));
    return allowed ? finding('pass') : finding('fail', status?.message ?? '');
  } catch (error) {
    options.signal?.throwIfAborted();
    return finding('error', error instanceof Error ? error.message : String(error));
  }
}

function ask(
  { evaluator, limiter, signal }: JudgeOptions,
  planned: PlannedPolicy,
  review: Uint8Array,
): ReturnType<Evaluator['evaluate']> {
  return limiter.run(async () => {
    try {
      return await evaluator.evaluate(planned, review, signal);
    } catch (error) {
      if (error instanceof EvaluationError && (error.code === 'unavailable' || error.code === 'timeout'))
        limiter.overloaded();
      throw error;
    }
  });
}
