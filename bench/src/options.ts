import { parseArgs } from 'node:util';

export type SuiteName = 'engine' | 'http' | 'policies' | 'neighbours' | 'fairness';

export interface Options {
  /** Under 50 seconds, with what is already built. */
  readonly quick: boolean;
  /** The report as one JSON document on standard output. */
  readonly json: boolean;
  readonly suites: readonly SuiteName[];
  /** Only guests whose name contains one of these; all when there are none. */
  readonly guests: readonly string[];
}

const SUITES: readonly SuiteName[] = ['engine', 'http', 'policies', 'neighbours', 'fairness'];

/** @throws TypeError for an unknown option or suite */
export function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      suite: { type: 'string', multiple: true, default: [...SUITES] },
      guest: { type: 'string', multiple: true, default: [] },
    },
  });
  const suites = SUITES.filter((name) => values.suite.includes(name));
  const unknown = values.suite.find((name) => !suites.some((known) => known === name));
  if (unknown !== undefined) throw new TypeError(`there is no suite ${unknown}: there are ${SUITES.join(', ')}`);
  return { quick: values.quick, json: values.json, suites, guests: values.guest };
}
