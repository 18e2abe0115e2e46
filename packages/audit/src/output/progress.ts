import type { Progress } from '../options.ts';

/** A line that is written over and over; what writes to a file gets no such thing. */
export interface ProgressLine {
  readonly show: (progress: Progress) => void;
  readonly clear: () => void;
}

export function createProgressLine(terminal: {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
}): ProgressLine {
  if (terminal.isTTY !== true) return { show: () => {}, clear: () => {} };
  return {
    show: (progress) => {
      const text = formatProgress(progress).slice(0, (terminal.columns ?? 80) - 1);
      terminal.write(`\r\u001b[2K${text}`);
    },
    clear: () => void terminal.write('\r\u001b[2K'),
  };
}

export function formatProgress({ unit, units, unitsDone, objects, failures, errors, limit }: Progress): string {
  const counts = `${objects} objects, ${failures} fail, ${errors} error`;
  return `[${unitsDone}/${units}] ${unit.replace(/^\//, '')}: ${counts} (${limit} at a time)`;
}
