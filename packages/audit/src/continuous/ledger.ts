import type { KubeObject } from '@ostiary/kube';
import { listAt, recordAt, textAt } from '../json.ts';
import type { ObjectReport } from '../report/model.ts';
import { isAsWritten } from '../store/ownership.ts';
import { FINGERPRINT_ANNOTATION, type ReportStore } from '../store/store.ts';

/** What the report of an object was made from, and what it says. */
export interface LedgerEntry {
  readonly resourceVersion: string;
  /** Empty when the report has errors, or somebody else has changed it: then it has to be made again. */
  readonly fingerprint: string;
  /** The pass that saw the object last. */
  readonly pass: number;
  /** `policy outcome`, in the order of the report. The same list is shared by all objects of which it is true. */
  readonly results: readonly string[];
}

/**
 * The reports that there are, by the uid of the object: about 200 bytes each. It is read from the reports themselves,
 * so that a process that starts anew does not evaluate everything again.
 */
export interface Ledger {
  readonly get: (uid: string) => LedgerEntry | undefined;
  readonly set: (uid: string, entry: LedgerEntry) => void;
  readonly delete: (uid: string) => boolean;
  readonly size: number;
  /** How many objects have each of the results. */
  readonly counts: ReadonlyMap<string, number>;
}

export function createLedger(): Ledger {
  const entries = new Map<string, LedgerEntry>();
  const counts = new Map<string, number>();
  const shared = new Map<string, readonly string[]>();
  const count = (results: readonly string[], by: number): void => {
    for (const result of results) {
      const next = (counts.get(result) ?? 0) + by;
      if (next === 0) counts.delete(result);
      else counts.set(result, next);
    }
  };
  const share = (results: readonly string[]): readonly string[] => {
    const key = results.join('\n');
    const known = shared.get(key);
    if (known === undefined) shared.set(key, results);
    return known ?? results;
  };
  const forget = (uid: string): boolean => {
    count(entries.get(uid)?.results ?? [], -1);
    return entries.delete(uid);
  };
  return {
    counts,
    get size() {
      return entries.size;
    },
    get: (uid) => entries.get(uid),
    delete: forget,
    set: (uid, entry) => {
      forget(uid);
      entries.set(uid, { ...entry, results: share(entry.results) });
      count(entry.results, 1);
    },
  };
}

/** Reads what reports of earlier processes say of themselves. Throws KubeError. */
export async function loadLedger(ledger: Ledger, store: ReportStore): Promise<void> {
  for (const scope of ['Cluster', 'Namespaced'] as const) {
    for await (const report of store.list({ scope })) {
      const [uid, entry] = readEntry(report);
      if (uid !== undefined) ledger.set(uid, entry);
    }
  }
}

/** What a ledger keeps of a report that has just been written. */
export function entryOf({ object, findings }: ObjectReport, fingerprint: string, pass: number): LedgerEntry {
  return {
    pass,
    resourceVersion: object.metadata.resourceVersion ?? '',
    fingerprint: findings.some(({ outcome }) => outcome === 'error') ? '' : fingerprint,
    results: findings.map(({ planned, outcome }) => `${planned.id} ${outcome}`),
  };
}

function readEntry(report: KubeObject): readonly [uid: string | undefined, entry: LedgerEntry] {
  const scope = recordAt(report, 'scope');
  const results = listAt(report, 'results').map((one) => [textAt(one, 'policy') ?? '', textAt(one, 'result') ?? '']);
  const hasErrors = results.some(([, outcome]) => outcome === 'error');
  const fingerprint = report.metadata.annotations?.[FINGERPRINT_ANNOTATION] ?? '';
  return [
    textAt(scope, 'uid'),
    {
      pass: 0,
      resourceVersion: textAt(scope, 'resourceVersion') ?? '',
      fingerprint: hasErrors || !isAsWritten(report) ? '' : fingerprint,
      results: results.map((one) => one.join(' ')),
    },
  ];
}
