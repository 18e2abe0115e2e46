import type { Runner } from '@ostiary/conformance';

/** One case of a contract, under the names of the suites that it is in. */
export interface Case {
  readonly name: string;
  readonly run: () => void;
}

/** How the names of suites and cases are joined. */
const STEP = ' › ';

/**
 * The cases that a contract registers, as data: to run, to count, or to compare with those of another host.
 *
 * @throws Error when two cases have one name, which would hide the result of the first
 */
export function collectCases(register: (runner: Runner) => void): readonly Case[] {
  const cases = new Map<string, Case>();
  let path: readonly string[] = [];
  register({
    suite: (name, body) => {
      const outer = path;
      path = [...outer, name];
      body();
      path = outer;
    },
    test: (name, run) => {
      const full = [...path, name].join(STEP);
      if (cases.has(full)) throw new Error(`two cases are called '${full}'`);
      cases.set(full, { name: full, run });
    },
  });
  return [...cases.values()];
}
