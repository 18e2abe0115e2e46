import type { KubeObject } from '@ostiary/kube';
import { defined } from '../json.ts';
import type { Plan, PlannedPolicy } from '../plan/plan.ts';
import {
  addSummaries,
  EMPTY_SUMMARY,
  severityOf,
  summaryOf,
  type Finding,
  type ObjectReport,
} from '../report/model.ts';
import type { DocumentFinding, NamespaceTotals, PolicyTotals, RunDocument, RunInfo, Totals } from './document.ts';
import { SCHEMA } from './document.ts';

/** At 500 bytes each 5 MB, which a browser shows as a table without trouble. */
export const MAX_FINDINGS = 10_000;

/** Beyond them nobody reads on; each has a line in the log. */
const MAX_PROBLEMS = 200;

type Counts = { pass: number; fail: number; error: number };

/** Where an object of a manifest is. */
export interface Origin {
  readonly file: string;
  readonly line?: number | undefined;
  /** What the file was made from: a template of a chart. */
  readonly template?: string | undefined;
}

/** Counts what a run finds. */
export interface Tally {
  readonly add: (report: ObjectReport, origin?: Origin) => void;
  readonly problem: (text: string) => void;
  readonly totals: () => Totals;
  /** Goes on from what an earlier process had counted. */
  readonly restore: (state: TallyState) => void;
  readonly state: () => TallyState;
  readonly document: (run: RunInfo, plan: Plan) => RunDocument;
}

/** What a checkpoint keeps of a tally; plain JSON. */
export interface TallyState {
  readonly totals: Totals;
  readonly namespaces: readonly NamespaceTotals[];
  readonly policies: readonly (readonly [id: string, counts: Readonly<Counts>])[];
  readonly findings: readonly DocumentFinding[];
  readonly findingsLeftOut: number;
  readonly problems: readonly string[];
}

export function createTally(): Tally {
  let totals: Totals = { objects: 0, summary: EMPTY_SUMMARY };
  let leftOut = 0;
  let findings: DocumentFinding[] = [];
  let problems: string[] = [];
  let namespaces = new Map<string, NamespaceTotals>();
  let policies = new Map<string, Counts>();

  const count = ({ planned: { id }, outcome }: Finding): void => {
    const counts = policies.get(id) ?? { pass: 0, fail: 0, error: 0 };
    counts[outcome] += 1;
    policies.set(id, counts);
  };
  const keep = (finding: DocumentFinding): void => {
    if (findings.length < MAX_FINDINGS) findings.push(finding);
    else leftOut += 1;
  };
  return {
    add: (report, origin) => {
      const summary = summaryOf(report);
      const namespace = report.object.metadata.namespace ?? '';
      const before = namespaces.get(namespace) ?? { namespace, objects: 0, summary: EMPTY_SUMMARY };
      totals = { objects: totals.objects + 1, summary: addSummaries(totals.summary, summary) };
      namespaces.set(namespace, {
        namespace,
        objects: before.objects + 1,
        summary: addSummaries(before.summary, summary),
      });
      for (const finding of report.findings) {
        count(finding);
        if (finding.outcome !== 'pass') keep(documentFinding(finding, finding.outcome, report.object, origin));
      }
    },
    problem: (text) => {
      if (problems.length < MAX_PROBLEMS) problems.push(text);
    },
    totals: () => totals,
    restore: (state) => {
      ({ totals, findingsLeftOut: leftOut } = state);
      findings = [...state.findings];
      problems = [...state.problems];
      namespaces = new Map(state.namespaces.map((one) => [one.namespace, one]));
      policies = new Map(state.policies.map(([id, counts]) => [id, { ...counts }]));
    },
    state: () => ({
      totals,
      findings: [...findings],
      findingsLeftOut: leftOut,
      problems: [...problems],
      namespaces: [...namespaces.values()],
      policies: [...policies].map(([id, counts]) => [id, { ...counts }]),
    }),
    document: (run, plan) => ({
      schema: SCHEMA,
      run,
      totals,
      policies: plan.policies.map((one) => policyTotals(one, plan, policies.get(one.id))),
      namespaces: [...namespaces.values()].toSorted((a, b) => (a.namespace < b.namespace ? -1 : 1)),
      findings: [...findings],
      findingsLeftOut: leftOut,
      problems: [...problems],
    }),
  };
}

function policyTotals(
  planned: PlannedPolicy,
  plan: Plan,
  counts: Counts = { pass: 0, fail: 0, error: 0 },
): PolicyTotals {
  const { policy, id } = planned;
  const { kind, namespace, name, title, category, mode } = policy;
  const own = { id, kind, namespace, name, title, severity: severityOf(planned), category, mode };
  return defined({ ...own, ...stateOf(planned, plan), ...counts });
}

function stateOf(planned: PlannedPolicy, { idle }: Plan): Pick<PolicyTotals, 'state' | 'reason'> {
  const { disposition } = planned;
  if (disposition.type === 'skip') return { state: 'skipped', reason: disposition.reason };
  if (idle.includes(planned)) return { state: 'idle', reason: 'no rule names the creation of objects that there are' };
  return disposition.type === 'error' ? { state: 'failed', reason: disposition.message } : { state: 'evaluated' };
}

function documentFinding(
  { planned, message }: Finding,
  outcome: DocumentFinding['outcome'],
  { apiVersion, kind, metadata }: KubeObject,
  origin: Origin | undefined,
): DocumentFinding {
  const { namespace = '', name } = metadata;
  const severity = severityOf(planned);
  const { category } = planned.policy;
  return defined({
    policy: planned.id,
    outcome,
    severity,
    category,
    apiVersion,
    kind,
    namespace,
    name,
    message,
    ...origin,
  });
}
