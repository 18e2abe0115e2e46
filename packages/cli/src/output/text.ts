/** What a terminal would act on rather than show; tabs and newlines stay. */
// oxlint-disable-next-line no-control-regex -- these are the characters that are taken out
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text of a guest's making, without what could move a terminal's cursor or change its colours. */
export function printable(text: string): string {
  return text.replaceAll(CONTROL, '\ufffd');
}

/** Every line with `by` before it. */
export function indent(text: string, by: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : by + line))
    .join('\n');
}

/** A duration with a unit that suits it. */
export function formatMicros(micros: number): string {
  if (micros < 1000) return `${micros < 10 ? micros.toFixed(1) : Math.round(micros)} µs`;
  const ms = micros / 1000;
  if (ms < 1000) return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
  return `${(ms / 1000).toFixed(2)} s`;
}

/** A size in binary units, as memory is counted. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(kib < 10 ? 1 : 0)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** Columns of a table; cells may be styled, which takes no room. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => visibleLength(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => padded(cells[index] ?? '', widths[index] ?? 0, align))
      .join('  ')
      .trimEnd();
  return [columns.map(({ title }) => title), ...rows].map(line).join('\n');
}

function padded(cell: string, width: number, align: Column['align']): string {
  const fill = ' '.repeat(Math.max(0, width - visibleLength(cell)));
  return align === 'right' ? fill + cell : cell + fill;
}

// oxlint-disable-next-line no-control-regex -- the escape that begins a colour
const ANSI = /\u001b\[\d*(?:;\d+)*m/g;

function visibleLength(text: string): number {
  return text.replaceAll(ANSI, '').length;
}
