import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Comparison, Finding, Tally } from './compare.ts';
import type { UnreadableScript } from './script.ts';

/** What is known not to be as the suite says in one script, and why. */
export interface KnownScript {
  readonly script: string;
  readonly findings: number;
  readonly reason: string;
}

/** A count: a number where all variants agree, else one for each of them. */
type Count = number | Readonly<Record<string, number>>;

/** All that came of running the suite; `known.json` holds what came of it last, so that a change shows as a diff. */
export interface Known {
  readonly scripts: number;
  readonly totals: Readonly<Record<string, Count>>;
  /** Modules that are not run, by code and feature. */
  readonly refused: Readonly<Record<string, Count>>;
  /** Where the engine, running the suite as it is, does something else. */
  readonly engine: readonly KnownScript[];
  /** Where a rewritten module behaves, or leaves a state, unlike its original. */
  readonly differences: readonly KnownScript[];
}

export const KNOWN_FILE = fileURLToPath(new URL('known.json', import.meta.url));
export const UNEXPLAINED = 'not explained yet';

export function readKnown(): Known {
  return JSON.parse(readFileSync(KNOWN_FILE, 'utf8')) as Known;
}

const TOTALS = ['modules', 'assertions', 'equal', 'missing', 'restored', 'spent'] as const;

/** The results as they would stand in the file, with the reasons that are known. */
export function summarize(
  comparisons: ReadonlyMap<string, Comparison>,
  unreadable: readonly UnreadableScript[],
  { engine, differences }: Pick<Known, 'engine' | 'differences'>,
): Known {
  const tallies = [...comparisons.values()].flatMap((comparison) => [...comparison.tallies]);
  const totals = TOTALS.map((name) => [name, countOf(tallies, (tally) => tally[name])] as const);
  const features = new Set(tallies.flatMap(([, tally]) => [...tally.refused.keys()]));
  const refused = [...features]
    .sort()
    .map((feature) => [feature, countOf(tallies, (tally) => tally.refused.get(feature) ?? 0)] as const);
  return {
    scripts: comparisons.size,
    totals: Object.fromEntries(totals),
    refused: Object.fromEntries(refused),
    engine: [
      ...unreadable.map(({ title, unreadable }) => ({ script: title, findings: 0, reason: unreadable })),
      ...knownScripts(comparisons, (comparison) => comparison.engine, engine),
    ],
    differences: knownScripts(comparisons, (comparison) => comparison.differences, differences),
  };
}

function countOf(tallies: readonly (readonly [string, Tally])[], pick: (tally: Tally) => number): Count {
  const sums = new Map<string, number>();
  for (const [variant, tally] of tallies) sums.set(variant, (sums.get(variant) ?? 0) + pick(tally));
  const [first = 0, ...others] = sums.values();
  return others.every((sum) => sum === first) ? first : Object.fromEntries(sums);
}

function knownScripts(
  comparisons: ReadonlyMap<string, Comparison>,
  pick: (comparison: Comparison) => readonly Finding[],
  known: readonly KnownScript[],
): KnownScript[] {
  return [...comparisons].flatMap(([script, comparison]) => {
    const findings = pick(comparison).length;
    const reason = known.find((entry) => entry.script === script)?.reason ?? UNEXPLAINED;
    return findings === 0 ? [] : [{ script, findings, reason }];
  });
}
