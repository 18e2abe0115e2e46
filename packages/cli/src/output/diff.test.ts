import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { diffLines, unifiedDiff } from './diff.ts';
import { PLAIN } from './style.ts';

suite('diffs', () => {
  test('give back both texts', () => {
    const texts = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 });
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const lines = diffLines(before, after);
        const without = (sign: string): string[] => lines.filter((line) => line.sign !== sign).map(({ text }) => text);
        assert.deepEqual(without('+'), before);
        assert.deepEqual(without('-'), after);
      }),
    );
  });

  test('are as short as can be', () => {
    const lines = diffLines('abcabba'.split(''), 'cbabac'.split(''));
    assert.equal(lines.filter(({ sign }) => sign !== ' ').length, 5);
  });

  test('show three lines around a change and nothing of what is far from it', () => {
    const before = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const after = before.with(10, 'another');
    assert.equal(
      unifiedDiff(before.join('\n'), after.join('\n'), PLAIN),
      ['  …', '  line 7', '  line 8', '  line 9', '- line 10', '+ another', '  line 11', '  line 12', '  line 13'].join(
        '\n',
      ),
    );
  });

  test('take texts that have nothing in common, however long, for replaced', () => {
    const texts = ['x', 'y'].map((word) => Array.from({ length: 3000 }, (_, index) => `${word}${index}`));
    assert.equal(diffLines(texts[0]!, texts[1]!).length, 6000);
  });
});
