import type { RewriteOptions, SnapshotMode } from '@ostiary/wasm';

/** One way of running a module: as it is, or rewritten. */
export interface Variant {
  readonly title: string;
  readonly options: RewriteOptions | undefined;
}

/** All that a 32-bit memory can have: limits are another suite's matter. */
const MAX_PAGES = 65_536;
const MODES: readonly SnapshotMode[] = ['none', 'globals', 'dirty-map'];

export const ORIGINAL: Variant = { title: 'original', options: undefined };

export const REWRITTEN: readonly Variant[] = MODES.flatMap((snapshot) =>
  [false, true].map((interrupt) => ({
    title: `${snapshot}${interrupt ? '+interrupt' : ''}`,
    options: { interrupt, maxPages: MAX_PAGES, snapshot },
  })),
);
