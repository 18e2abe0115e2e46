import type { CommandContext } from './context.ts';

/** Something that takes long and can say how far it is. */
export interface Progress {
  /** Bytes so far. */
  update(done: number): void;
  /** Takes the line away: what follows says how it went. */
  end(): void;
}

/** Redrawn ten times a second at most; more often nobody can read it. */
const REDRAW_MS = 100;
const CLEAR_LINE = '\r\u001b[2K';

/** One line on a terminal that tells how many bytes have come. Pipes and `TERM=dumb` see nothing of it. */
export function startProgress({ stderr, env }: CommandContext, label: string, total?: number): Progress {
  if (stderr.isTTY !== true || env['TERM'] === 'dumb') return { update: () => undefined, end: () => undefined };
  let drawn = 0;
  const draw = (done: number): void => {
    drawn = Date.now();
    const line = `${label} ${total === undefined ? formatSize(done) : bar(done / total)}`;
    stderr.write(`${CLEAR_LINE}${line.slice(0, (stderr.columns ?? 80) - 1)}`);
  };
  draw(0);
  return {
    update(done) {
      if (Date.now() - drawn >= REDRAW_MS) draw(done);
    },
    end: () => void stderr.write(CLEAR_LINE),
  };
}

const BAR_CELLS = 20;

function bar(share: number): string {
  const full = Math.min(BAR_CELLS, Math.floor(share * BAR_CELLS));
  return `[${'#'.repeat(full)}${' '.repeat(BAR_CELLS - full)}] ${Math.min(100, Math.floor(share * 100))}%`;
}

/** A number of bytes in decimal units, as in `1.2 MB`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit] ?? ''}`;
}
