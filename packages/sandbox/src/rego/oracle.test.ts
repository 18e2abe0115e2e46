import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { BuiltinError } from './builtins/builtin.ts';
import { BUILTINS } from './builtins/index.ts';
import type { Evaluation } from './evaluation.ts';
import { KNOWN_DIFFERENCES } from './testing/known-differences.ts';
import { formatValue } from './value/format.ts';
import { parseValue } from './value/parse.ts';

/** Arguments as texts of terms, and what OPA answered: a value's text, null for none, false for an error. */
type Call = readonly [args: readonly string[], answer: string | null | false];

const facts = JSON.parse(readFileSync(new URL('testing/opa.json', import.meta.url), 'utf8')) as Record<string, Call[]>;

const evaluation: Evaluation = {
  now: 1_709_210_096_789_012_345n,
  random: (target) => target.fill(7),
  answers: new Map(),
  log: () => undefined,
  checkTime: () => undefined,
};

function answer(name: string, args: readonly string[]): string | null | false {
  const builtin = BUILTINS.get(name);
  assert.ok(builtin, `${name} is not offered`);
  try {
    const value = builtin(args.map(parseValue), { ...evaluation, answers: new Map() });
    return value === undefined ? null : formatValue(value);
  } catch (error) {
    if (error instanceof BuiltinError) return false;
    throw error;
  }
}

/** Both through the same reader: sets have no order of their own. */
function normal(text: string | null | false): string | null | false {
  return typeof text === 'string' ? formatValue(parseValue(text)) : text;
}

suite('builtins answer as OPA does', () => {
  for (const [name, calls] of Object.entries(facts)) {
    test(`${name}: ${calls.length} calls`, () => {
      const different: string[] = [];
      for (const [args, expected] of calls) {
        const found = answer(name, args);
        const call = `${name}(${args.join(', ')})`;
        if (normal(found) !== normal(expected) && !KNOWN_DIFFERENCES.has(call)) {
          different.push(`${call}\n    OPA  ${expected}\n    here ${found}`);
        }
      }
      assert.equal(different.length, 0, `${different.length} differ:\n${different.slice(0, 12).join('\n')}`);
    });
  }
  test('every difference that is known still exists', () => {
    const left = new Set(KNOWN_DIFFERENCES.keys());
    for (const [name, calls] of Object.entries(facts)) {
      for (const [args, expected] of calls) {
        const call = `${name}(${args.join(', ')})`;
        if (left.has(call) && normal(answer(name, args)) !== normal(expected)) left.delete(call);
      }
    }
    assert.deepEqual([...left], []);
  });
});
