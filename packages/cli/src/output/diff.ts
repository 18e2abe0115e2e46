import type { Style } from './style.ts';

/** Lines around a change that show where it is. */
const CONTEXT = 3;
/** Changed lines beyond which texts count as replaced: finding the least change costs their square. */
const MAX_EDITS = 800;

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** The lines that make `after` of `before`, with three unchanged ones around each change; empty when nothing changes. */
export function unifiedDiff(before: string, after: string, style: Style): string {
  const lines = diffLines(before.split('\n'), after.split('\n'));
  const shown = lines.map((_, at) => near(lines, at));
  const out: string[] = [];
  for (const [at, line] of lines.entries()) {
    if (!shown[at]) continue;
    if (at > 0 && !shown[at - 1]) out.push(style('faint', '  …'));
    out.push(painted(line, style));
  }
  return out.join('\n');
}

function near(lines: readonly Line[], at: number): boolean {
  return lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ sign }) => sign !== ' ');
}

function painted({ sign, text }: Line, style: Style): string {
  if (sign === ' ') return `  ${text}`;
  return style(sign === '+' ? 'added' : 'removed', `${sign} ${text}`);
}

/** All lines of both texts, as few as possible of them changed. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const rest = Math.min(before.length, after.length) - start;
  while (end < rest && before.at(-1 - end) === after.at(-1 - end)) end++;
  const middle = shortestEdit(before.slice(start, before.length - end), after.slice(start, after.length - end));
  return [...before.slice(0, start).map(same), ...middle, ...before.slice(before.length - end).map(same)];
}

function same(text: string): Line {
  return { sign: ' ', text };
}

/** Myers' greedy algorithm: for each number of edits the furthest point of every diagonal. */
function shortestEdit(before: readonly string[], after: readonly string[]): readonly Line[] {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: ReadonlyMap<number, number>[] = [];
  for (let edits = 0; edits <= Math.min(before.length + after.length, MAX_EDITS); edits++) {
    trace.push(new Map(furthest));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = comesFromAbove(furthest, diagonal, edits)
        ? (furthest.get(diagonal + 1) ?? 0)
        : (furthest.get(diagonal - 1) ?? 0) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
      furthest.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return walkBack(before, after, trace);
    }
  }
  return [...before.map((text): Line => ({ sign: '-', text })), ...after.map((text): Line => ({ sign: '+', text }))];
}

function comesFromAbove(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  if (diagonal === edits) return false;
  return (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1);
}

function walkBack(
  before: readonly string[],
  after: readonly string[],
  trace: readonly ReadonlyMap<number, number>[],
): readonly Line[] {
  const lines: Line[] = [];
  let [x, y] = [before.length, after.length];
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const furthest = trace[edits]!;
    const diagonal = x - y;
    const from = comesFromAbove(furthest, diagonal, edits) ? diagonal + 1 : diagonal - 1;
    const fromX = edits === 0 ? 0 : (furthest.get(from) ?? 0);
    const fromY = edits === 0 ? 0 : fromX - from;
    while (x > fromX && y > fromY) {
      lines.push(same(before[--x]!));
      y--;
    }
    if (edits === 0) break;
    if (x === fromX) lines.push({ sign: '+', text: after[--y]! });
    else lines.push({ sign: '-', text: before[--x]! });
  }
  return lines.reverse();
}
