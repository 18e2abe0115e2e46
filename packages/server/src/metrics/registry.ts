/** Label values by label name. */
export type Labels = Readonly<Record<string, string>>;

/** One series of a counter or gauge. Holding on to it makes counting an addition. */
export interface Cell {
  value: number;
}

/** One series of a histogram. */
export interface HistogramCell {
  readonly labels: Labels;
  /** The upper bounds of the buckets, ascending. */
  readonly bounds: readonly number[];
  /** Observations per bucket, not cumulative; what is above the last bucket counts in `count` only. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** A metric with its series by label text: plain data, so that threads can send theirs to the one that is scraped. */
export type Family = { readonly name: string; readonly help: string } & (
  | { readonly type: 'counter' | 'gauge'; readonly series: Map<string, Cell> }
  | { readonly type: 'histogram'; readonly bounds: readonly number[]; readonly series: Map<string, HistogramCell> }
);
export type CellFamily = Extract<Family, { readonly type: 'counter' | 'gauge' }>;
export type HistogramFamily = Extract<Family, { readonly type: 'histogram' }>;

/** From the cost of a small guest to past the longest default deadline, in seconds. */
export const BUCKETS: readonly number[] = [
  0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5, 10,
];

export function counterFamily(name: string, help: string): CellFamily {
  return { name, help, type: 'counter', series: new Map() };
}

/** @param bounds The upper bounds of the buckets; default {@link BUCKETS}, for seconds. */
export function histogramFamily(name: string, help: string, bounds: readonly number[] = BUCKETS): HistogramFamily {
  return { name, help, type: 'histogram', bounds, series: new Map() };
}

/** A gauge with the values it has right now. */
export function gaugeFamily(name: string, help: string, rows: readonly (readonly [Labels, number])[]): CellFamily {
  return { name, help, type: 'gauge', series: new Map(rows.map(([labels, value]) => [labelText(labels), { value }])) };
}

/** The series with these labels, made at zero if it is new. */
export function cellOf(family: CellFamily, labels: Labels): Cell {
  return getOrMake(family.series, labelText(labels), () => ({ value: 0 }));
}

export function histogramOf(family: HistogramFamily, labels: Labels): HistogramCell {
  return getOrMake(family.series, labelText(labels), () => emptyHistogram(labels, family.bounds));
}

/** Counts a value, in the unit of the bounds: seconds, unless the family says otherwise. */
export function observe(cell: HistogramCell, value: number): void {
  const bucket = cell.bounds.findIndex((bound) => value <= bound);
  if (bucket >= 0) cell.counts[bucket]! += 1;
  cell.sum += value;
  cell.count++;
}

/** Adds up the families of several threads, by name and labels. */
export function mergeFamilies(lists: readonly (readonly Family[])[]): Family[] {
  const merged = new Map<string, Family>();
  for (const family of lists.flat()) {
    const target = getOrMake(merged, family.name, () => ({ ...family, series: new Map() }));
    if (family.type === 'histogram' && target.type === 'histogram') addHistograms(target, family);
    else if (family.type !== 'histogram' && target.type !== 'histogram') addCells(target, family);
  }
  return [...merged.values()];
}

function addCells(target: CellFamily, source: CellFamily): void {
  for (const [labels, { value }] of source.series) {
    getOrMake(target.series, labels, () => ({ value: 0 })).value += value;
  }
}

function addHistograms(target: HistogramFamily, source: HistogramFamily): void {
  for (const [key, cell] of source.series) {
    const sum = getOrMake(target.series, key, () => emptyHistogram(cell.labels, target.bounds));
    for (const [index, count] of cell.counts.entries()) sum.counts[index]! += count;
    sum.sum += cell.sum;
    sum.count += cell.count;
  }
}

function emptyHistogram(labels: Labels, bounds: readonly number[]): HistogramCell {
  return { labels, bounds, counts: bounds.map(() => 0), sum: 0, count: 0 };
}

function getOrMake<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** The Prometheus text exposition format, version 0.0.4. */
export function renderFamilies(families: readonly Family[]): string {
  return families
    .map((family) => {
      const header = `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`;
      const rows =
        family.type === 'histogram'
          ? [...family.series.values()].map((cell) => histogramLines(family.name, cell))
          : [...family.series].map(([labels, { value }]) => `${family.name}${labels} ${value}\n`);
      return header + rows.join('');
    })
    .join('');
}

function histogramLines(name: string, { labels, bounds, counts, sum, count }: HistogramCell): string {
  let cumulative = 0;
  const buckets = bounds.map((bound, index) => {
    cumulative += counts[index] ?? 0;
    return `${name}_bucket${labelText({ ...labels, le: String(bound) })} ${cumulative}\n`;
  });
  const total = `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}\n`;
  const text = labelText(labels);
  return `${buckets.join('')}${total}${name}_sum${text} ${sum}\n${name}_count${text} ${count}\n`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
