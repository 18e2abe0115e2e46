import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SMITH } from '../build/smith.ts';
import { whyNotBuilt } from '../build/state.ts';
import { compareScript, type Tally } from '../spec/compare.ts';
import { REWRITTEN } from '../spec/variants.ts';
import { smithScripts } from './scripts.ts';

const missing = whyNotBuilt(SMITH);
/** Modules that are compared in one test: a failure names the module, a thousand lines of passing tests nobody. */
const AT_ONCE = 50;

suite('generated modules, as they are and rewritten', { skip: missing ?? false }, () => {
  const scripts = missing === undefined ? smithScripts() : [];
  const totals = { restored: 0, spent: 0, refused: 0 };

  for (let first = 0; first < scripts.length; first += AT_ONCE) {
    const some = scripts.slice(first, first + AT_ONCE);
    test(`modules ${first} to ${first + some.length - 1} behave the same, and are put back`, () => {
      for (const script of some) {
        const { differences, tallies } = compareScript(script, REWRITTEN);
        const told = differences.map(({ line, variant, text }) => `${script.title}, call ${line}, ${variant}: ${text}`);
        assert.deepEqual(told.slice(0, 10), []);
        for (const tally of tallies.values()) add(tally);
      }
    });
  }

  function add({ restored, spent, refused }: Tally): void {
    totals.restored += restored;
    totals.spent += spent;
    totals.refused += [...refused.values()].reduce((sum, count) => sum + count, 0);
  }

  test('none is refused, and enough of them get as far as to be put back', () => {
    assert.equal(totals.refused, 0);
    assert.ok(totals.restored > 10 * scripts.length && totals.spent > 0, JSON.stringify(totals));
  });
});
