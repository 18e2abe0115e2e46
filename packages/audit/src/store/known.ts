/** Reports that a store knows to exist, by name, with what they say. */
export interface KnownReports {
  /** Whether it knows of every report that was there at the last survey. */
  readonly isComplete: boolean;
  readonly has: (name: string) => boolean;
  readonly digestOf: (name: string) => string | undefined;
  /** Says what was just written. */
  readonly note: (name: string, digest: string) => void;
  /** Says what was just removed. */
  readonly forget: (name: string) => void;
  /** Says that a report is as a run would write it. */
  readonly renew: (name: string, runUid: string) => void;
  readonly isRenewedBy: (name: string, runUid: string) => boolean;
  /** Forgets all and begins a survey. */
  readonly clear: () => void;
  /** What the survey found. It is older than what has been noted or forgotten since the survey began. */
  readonly found: (name: string, digest: string) => void;
  /** Ends the survey; `sawAll` says whether it came to its end. */
  readonly ended: (sawAll: boolean) => void;
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
  /** What was noted or forgotten during a survey, while there is one. */
  let touched: Set<string> | undefined;
  const keep = (name: string, digest: string): void => {
    if (entries.size < most || entries.has(name)) entries.set(name, { digest });
    else [isWhole, isComplete] = [false, false];
  };
  return {
    get isComplete() {
      return isComplete;
    },
    has: (name) => entries.has(name),
    digestOf: (name) => entries.get(name)?.digest,
    note: (name, digest) => {
      touched?.add(name);
      keep(name, digest);
    },
    forget: (name) => {
      touched?.add(name);
      entries.delete(name);
    },
    renew: (name, runUid) => {
      const entry = entries.get(name);
      if (entry !== undefined) entries.set(name, { digest: entry.digest, runUid });
    },
    isRenewedBy: (name, runUid) => entries.get(name)?.runUid === runUid,
    clear: () => {
      entries.clear();
      touched = new Set();
      [isWhole, isComplete] = [true, false];
    },
    found: (name, digest) => {
      if (touched?.has(name) !== true) keep(name, digest);
    },
    ended: (sawAll) => {
      touched = undefined;
      isComplete = sawAll && isWhole;
    },
  };
}
