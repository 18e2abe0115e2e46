import type { RunDocument } from '../document/document.ts';
import type { Outcome } from '../report/model.ts';

/** What an audit counts, for Prometheus. */
export interface AuditMetrics {
  readonly evaluated: (policy: string, outcome: Outcome) => void;
  readonly reused: () => void;
  readonly wrote: () => void;
  /** A report says already what was found. */
  readonly unchanged: () => void;
  readonly removed: (reports: number) => void;
  readonly concurrency: (limit: number) => void;
  /** Whether this replica is the one that audits. Without an election nothing is said of it. */
  readonly leading: (isLeading: boolean) => void;
  /** A pass over everything is over. */
  readonly finished: (document: RunDocument, seconds: number) => void;
  /** Where the findings of all objects come from while single objects change: `policy outcome` and how many. */
  readonly results: (source: () => ReadonlyMap<string, number>) => void;
  /** The text format of Prometheus, version 0.0.4. */
  readonly text: () => string;
}

type Sample = readonly [labels: string, value: number];

export function createMetrics(): AuditMetrics {
  const evaluations = new Map<string, number>();
  let found: readonly Sample[] = [];
  let leading: boolean | undefined;
  let live: (() => ReadonlyMap<string, number>) | undefined;
  const counts = {
    reused: 0,
    written: 0,
    unchanged: 0,
    removed: 0,
    passes: 0,
    limit: 0,
    lastAt: 0,
    lastSeconds: 0,
    problems: 0,
  };
  return {
    evaluated: (policy, outcome) => {
      const labels = labelsOf({ policy, outcome });
      evaluations.set(labels, (evaluations.get(labels) ?? 0) + 1);
    },
    reused: () => void (counts.reused += 1),
    wrote: () => void (counts.written += 1),
    unchanged: () => void (counts.unchanged += 1),
    removed: (reports) => void (counts.removed += reports),
    leading: (isLeading) => void (leading = isLeading),
    concurrency: (limit) => void (counts.limit = limit),
    finished: ({ policies, run, problems }, seconds) => {
      counts.passes += 1;
      counts.lastAt = Date.parse(run.finishedAt) / 1000;
      counts.lastSeconds = seconds;
      counts.problems = problems.length;
      found = policies.flatMap(({ id, pass, fail, error }): readonly Sample[] => [
        [labelsOf({ policy: id, outcome: 'pass' }), pass],
        [labelsOf({ policy: id, outcome: 'fail' }), fail],
        [labelsOf({ policy: id, outcome: 'error' }), error],
      ]);
    },
    results: (source) => void (live = source),
    text: () =>
      [
        family('evaluations_total', 'counter', 'Objects held against policies.', [...evaluations]),
        family('reused_total', 'counter', 'Objects of which the report was still right.', [['', counts.reused]]),
        family('reports_written_total', 'counter', 'Reports written.', [['', counts.written]]),
        family('reports_unchanged_total', 'counter', 'Reports that said it already.', [['', counts.unchanged]]),
        family('reports_removed_total', 'counter', 'Stale reports removed.', [['', counts.removed]]),
        family('concurrency', 'gauge', 'Evaluations that may be under way.', [['', counts.limit]]),
        ...(leading === undefined
          ? []
          : [family('leading', 'gauge', 'Whether this replica audits.', [['', Number(leading)]])]),
        family('passes_total', 'counter', 'Passes over everything.', [['', counts.passes]]),
        family('last_pass_timestamp_seconds', 'gauge', 'When the last pass ended.', [['', counts.lastAt]]),
        family('last_pass_seconds', 'gauge', 'How long the last pass took.', [['', counts.lastSeconds]]),
        family('last_pass_problems', 'gauge', 'What the last pass could not do.', [['', counts.problems]]),
        family('results', 'gauge', 'Findings, by policy.', live === undefined ? found : liveSamples(live())),
      ].join(''),
  };
}

function liveSamples(counts: ReadonlyMap<string, number>): readonly Sample[] {
  return [...counts].map(([key, value]) => {
    const [policy = '', outcome = ''] = key.split(' ');
    return [labelsOf({ policy, outcome }), value];
  });
}

function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  const full = `ostiary_audit_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labels} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`;
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll(/["\\\n]/g, escape)}"`);
  return `{${pairs.join(',')}}`;
}

function escape(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}
