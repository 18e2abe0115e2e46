import type { JsonValue, PolicyResponse } from '@ostiary/policy';
import type { Mutation } from '../output/mutation.ts';
import { unifiedDiff } from '../output/diff.ts';
import { PLAIN } from '../output/style.ts';
import { toYaml } from '../output/yaml.ts';
import { isObject } from '../request/value.ts';
import type { Expectation, ExpectedVerdict } from './file.ts';
import { matchesText, missingPart } from './match.ts';

/** What a policy did with one request of a case. */
export interface Found {
  readonly verdict: ExpectedVerdict;
  /** Undefined when the policy was not asked. */
  readonly response: PolicyResponse | undefined;
  /** The policy's words: of a rejection, or on its settings. */
  readonly message: string;
  readonly mutation: Mutation | undefined;
}

/** What of an expectation was not met, a line each. `golden` is the object of the expectation's file, if it names one. */
export async function unmet(
  expect: Expectation,
  found: Found,
  golden: JsonValue | undefined,
): Promise<readonly string[]> {
  if (found.verdict !== expect.verdict) {
    const why = found.message === '' ? '' : `: ${found.message}`;
    return [`expected ${expect.verdict}, found ${found.verdict}${why}`];
  }
  return [
    ...messageProblems(expect, found),
    ...warningProblems(expect, found.response?.warnings ?? []),
    ...(await mutationProblems(expect.mutation, found.mutation, golden)),
  ];
}

function messageProblems({ message, code }: Expectation, found: Found): readonly string[] {
  const foundCode = found.response?.status?.code;
  return [
    ...(message === undefined || matchesText(found.message, message)
      ? []
      : [`expected the message ${shown(message)}, found ${shown(found.message)}`]),
    ...(code === undefined || code === foundCode ? [] : [`expected the code ${code}, found ${foundCode ?? 'none'}`]),
  ];
}

function warningProblems({ warnings }: Expectation, found: readonly string[]): readonly string[] {
  if (warnings === undefined) return [];
  if (warnings.length === 0 && found.length > 0) return [`expected no warnings, found ${shown(found.join('; '))}`];
  return warnings
    .filter((expected) => !found.some((warning) => matchesText(warning, expected)))
    .map(
      (expected) =>
        `expected the warning ${shown(expected)}, found ${found.length === 0 ? 'none' : shown(found.join('; '))}`,
    );
}

async function mutationProblems(
  expected: Expectation['mutation'],
  found: Mutation | undefined,
  golden: JsonValue | undefined,
): Promise<readonly string[]> {
  if (expected === undefined) return [];
  if (expected === false) return found ? ['expected no mutation', await differenceOf(found.before, found.after)] : [];
  if (!found) return ['expected a mutation, found none'];
  if (isObject(expected)) {
    const missing = missingPart(found.after, expected);
    return missing === undefined
      ? []
      : [`the mutated object is not as expected at ${missing}`, await differenceOf(found.before, found.after)];
  }
  if (golden === undefined) return [`${expected} does not exist; write it with --update`];
  const difference = await differenceOf(golden, found.after);
  return difference === '' ? [] : [`the mutated object is not the one in ${expected}:`, difference];
}

async function differenceOf(before: JsonValue, after: JsonValue): Promise<string> {
  return unifiedDiff((await toYaml(sorted(before))).trimEnd(), (await toYaml(sorted(after))).trimEnd(), PLAIN);
}

/** The order of members means nothing. */
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((name) => [name, sorted(value[name]!)]),
  );
}

function shown(text: string): string {
  return JSON.stringify(text);
}
