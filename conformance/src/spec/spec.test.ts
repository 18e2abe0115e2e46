import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { SPEC } from '../build/spec.ts';
import { whyNotBuilt } from '../build/state.ts';
import { compareScript, type Comparison, type Finding } from './compare.ts';
import { readKnown, summarize, UNEXPLAINED, type Known, type KnownScript } from './known.ts';
import { listScripts, type UnreadableScript } from './script.ts';
import { REWRITTEN } from './variants.ts';

const missing = whyNotBuilt(SPEC);

suite('the WebAssembly core test suite, as it is and rewritten', { skip: missing ?? false }, () => {
  const comparisons = new Map<string, Comparison>();
  const unreadable: UnreadableScript[] = [];
  let known: Known;
  before(() => {
    known = readKnown();
  });

  for (const script of missing === undefined ? listScripts() : []) {
    if ('unreadable' in script) {
      unreadable.push(script);
      continue;
    }
    test(script.title, () => {
      const comparison = compareScript(script.load(), REWRITTEN);
      comparisons.set(script.title, comparison);
      assertKnown(script.title, comparison.differences, known.differences);
      assertKnown(script.title, comparison.engine, known.engine);
    });
  }

  test('what is refused, and how much is compared, is what known.json says', () => {
    assert.deepEqual(
      summarize(comparisons, unreadable, known),
      known,
      'node conformance/src/spec/update.ts shows it as a diff',
    );
  });

  test('everything that is known has its reason', () => {
    const open = [...known.engine, ...known.differences].filter(({ reason }) => reason === UNEXPLAINED);
    assert.deepEqual(open, []);
  });
});

/** The first findings are told with their lines; those of a script that is known for them have to be as many. */
function assertKnown(script: string, findings: readonly Finding[], known: readonly KnownScript[]): void {
  const expected = known.find((entry) => entry.script === script)?.findings ?? 0;
  if (findings.length === expected) return;
  const lines = findings.slice(0, 20).map(({ line, variant, text }) => `line ${line}, ${variant}: ${text}`);
  assert.fail([`${findings.length} findings, ${expected} are known`, ...lines].join('\n'));
}
