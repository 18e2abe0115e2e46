/** Reports that a store knows to exist, by name, with what they say. */
export interface KnownReports {
  /** Whether it knows of every report that was there at the last survey. */
  readonly isComplete: boolean;
  readonly has: (name: string) => boolean;
  readonly digestOf: (name: string) => string | undefined;
  readonly note: (name: string, digest: string) => void;
  readonly forget: (name: string) => void;
  /** Says that a report is as a run would write it. */
  readonly renew: (name: string, runUid: string) => void;
  readonly isRenewedBy: (name: string, runUid: string) => boolean;
  /** Forgets all and begins anew. */
  readonly clear: () => void;
  readonly complete: () => void;
}

/** About 170 bytes each, so 85 MB at most. Reports beyond are written whether they have changed or not. */
const MAX_KNOWN = 500_000;

interface Entry {
  readonly digest: string;
  readonly runUid?: string;
}

export function createKnownReports(most: number = MAX_KNOWN): KnownReports {
  const entries = new Map<string, Entry>();
  let isWhole = false;
  let isComplete = false;
  return {
    get isComplete() {
      return isComplete;
    },
    has: (name) => entries.has(name),
    digestOf: (name) => entries.get(name)?.digest,
    note: (name, digest) => {
      if (entries.size < most || entries.has(name)) entries.set(name, { digest });
      else [isWhole, isComplete] = [false, false];
    },
    forget: (name) => void entries.delete(name),
    renew: (name, runUid) => {
      const entry = entries.get(name);
      if (entry !== undefined) entries.set(name, { digest: entry.digest, runUid });
    },
    isRenewedBy: (name, runUid) => entries.get(name)?.runUid === runUid,
    clear: () => {
      entries.clear();
      [isWhole, isComplete] = [true, false];
    },
    complete: () => void (isComplete = isWhole),
  };
}
