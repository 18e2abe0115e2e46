import { compareKeys } from '../walk/walk.ts';

/** Says that an object is done; `commit` runs once all objects before it are done as well. */
export type Finish = (commit?: () => void) => void;

/**
 * Objects are handled at the same time and end in any order. The mark is the key up to which all are done, which is
 * where another process may go on; what they found is counted in the order of the list, so that count and mark agree.
 */
export interface Watermark {
  /** Call in the order of the list. */
  readonly start: (key: string) => Finish;
  /** Undefined before the first object is done, or when the list has no order to go on in. */
  readonly mark: () => string | undefined;
}

interface Entry {
  readonly key: string;
  isDone: boolean;
  commit: (() => void) | undefined;
}

export function createWatermark(after?: string): Watermark {
  const open: Entry[] = [];
  let done = after;
  let last = after;
  let isSorted = true;
  return {
    start: (key) => {
      if (last !== undefined && compareKeys(key, last) < 0) isSorted = false;
      last = key;
      const entry: Entry = { key, isDone: false, commit: undefined };
      open.push(entry);
      return (commit) => {
        entry.isDone = true;
        entry.commit = commit;
        while (open[0]?.isDone === true) {
          open[0].commit?.();
          done = open.shift()?.key;
        }
      };
    },
    mark: () => (isSorted ? done : undefined),
  };
}
