import { AuditError } from '../errors.ts';
import { isRecord, textAt } from '../json.ts';
import { SCHEMA, type DocumentFinding, type RunDocument } from '../document/document.ts';

/** What has become of findings between two runs. */
export interface Comparison {
  readonly since: string;
  readonly appeared: ReadonlySet<DocumentFinding>;
  /** Of the earlier run, gone since. */
  readonly gone: readonly DocumentFinding[];
  /** Change in failures and errors, by policy. */
  readonly byPolicy: ReadonlyMap<string, number>;
}

/** Compares a run with an earlier one. Findings that a document left out can't be compared. */
export function compareRuns(now: RunDocument, before: RunDocument): Comparison {
  const old = new Set(before.findings.map(identity));
  const current = new Set(now.findings.map(identity));
  const earlier = new Map(before.policies.map(({ id, fail, error }) => [id, fail + error]));
  return {
    since: before.run.finishedAt,
    appeared: new Set(now.findings.filter((finding) => !old.has(identity(finding)))),
    gone: before.findings.filter((finding) => !current.has(identity(finding))),
    byPolicy: new Map(now.policies.map(({ id, fail, error }) => [id, fail + error - (earlier.get(id) ?? 0)])),
  };
}

/** Reads a document that `--output json` wrote. Throws AuditError `bad-document`. */
export function readDocument(text: string, file: string): RunDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AuditError('bad-document', `${file}: is not JSON`, cause);
  }
  const isRun = isRecord(value) && textAt(value, 'schema') === SCHEMA;
  if (!isRun || !isRecord(value) || !['policies', 'findings', 'namespaces'].every((name) => Array.isArray(value[name])))
    throw new AuditError('bad-document', `${file}: is not a document of an audit (${SCHEMA})`);
  return value as unknown as RunDocument;
}

function identity({ policy, outcome, apiVersion, kind, namespace, name }: DocumentFinding): string {
  return [policy, outcome, apiVersion, kind, namespace, name].join(' ');
}
