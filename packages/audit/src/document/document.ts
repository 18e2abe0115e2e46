import type { PolicyKind, Severity } from '../policies/policy.ts';
import type { Outcome, Summary } from '../report/model.ts';

/** What a run has found, as `--output json` writes it: bounded, however large the cluster is. */
export interface RunDocument {
  readonly schema: typeof SCHEMA;
  readonly run: RunInfo;
  readonly totals: Totals;
  readonly policies: readonly PolicyTotals[];
  readonly namespaces: readonly NamespaceTotals[];
  /** Rejections and errors. */
  readonly findings: readonly DocumentFinding[];
  /** How many more there are than `findings` has. */
  readonly findingsLeftOut: number;
  /** What could not be audited, or written down. */
  readonly problems: readonly string[];
}

export const SCHEMA = 'ostiary.dev/audit-run/v1';

export interface RunInfo {
  readonly uid: string;
  readonly source: 'cluster' | 'manifests';
  /** RFC 3339. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Whether an earlier process began it. */
  readonly resumed: boolean;
}

export interface Totals {
  readonly objects: number;
  readonly summary: Summary;
}

export interface PolicyTotals {
  readonly id: string;
  readonly kind: PolicyKind;
  readonly namespace: string;
  readonly name: string;
  readonly title?: string | undefined;
  readonly severity?: Severity | undefined;
  readonly category?: string | undefined;
  readonly mode: 'protect' | 'monitor';
  /** `idle`: no rule names objects that there can be. */
  readonly state: 'evaluated' | 'skipped' | 'failed' | 'idle';
  readonly reason?: string | undefined;
  readonly pass: number;
  readonly fail: number;
  readonly error: number;
}

export interface NamespaceTotals {
  /** Empty for objects of the cluster. */
  readonly namespace: string;
  readonly objects: number;
  readonly summary: Summary;
}

export interface DocumentFinding {
  readonly policy: string;
  readonly outcome: Exclude<Outcome, 'pass'>;
  readonly severity?: Severity | undefined;
  readonly category?: string | undefined;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly message: string;
  /** Where an object of a manifest is: the file and the line on which it begins. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  /** The template of a chart that it was made from. */
  readonly template?: string | undefined;
}

/** `web.yaml:12`, or `chart/templates/web.yaml` of what a chart has become; undefined for objects of a cluster. */
export function describePlace({ file, line, template }: DocumentFinding): string | undefined {
  if (template !== undefined) return template;
  return file === undefined || line === undefined ? file : `${file}:${line}`;
}

/** `Pod team/web`: how people call an object. */
export function describeObject({
  kind,
  namespace,
  name,
}: Pick<DocumentFinding, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
}
