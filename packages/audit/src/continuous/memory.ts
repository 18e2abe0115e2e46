import type { Memory } from '../pass.ts';
import { reusableFindings } from '../report/reuse.ts';
import { isAsWritten } from '../store/ownership.ts';
import type { ReportStore } from '../store/store.ts';
import { entryOf, type Ledger } from './ledger.ts';

export interface LedgerMemoryOptions {
  readonly ledger: Ledger;
  readonly store: ReportStore | undefined;
  readonly pass: number;
  /** Evaluates everything anew, as policies may look at more than the object. */
  readonly isFull: boolean;
}

/**
 * Spares what has not changed: the whole report when the object and all policies that look at it are as they were, and
 * single findings when only some of the policies have changed.
 */
export function ledgerMemory({ ledger, store, pass, isFull }: LedgerMemoryOptions): Memory {
  return {
    recall: async (object, fingerprint, policies) => {
      const { uid = '', resourceVersion } = object.metadata;
      const entry = ledger.get(uid);
      if (isFull || entry === undefined || entry.resourceVersion !== resourceVersion) return undefined;
      if (entry.fingerprint === fingerprint) {
        ledger.set(uid, { ...entry, pass });
        return 'all';
      }
      const report = await store?.get(object);
      return report === undefined || !isAsWritten(report) ? undefined : reusableFindings(report, object, policies);
    },
    remember: (report, fingerprint) => {
      const { uid } = report.object.metadata;
      if (uid === undefined) return;
      // Who began before this pass may end in it, and must not make the report look stale.
      ledger.set(uid, entryOf(report, fingerprint, Math.max(pass, ledger.get(uid)?.pass ?? 0)));
    },
    forget: (uid) => void ledger.delete(uid),
  };
}
