import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createContext } from './context.ts';
import { formatSize, startProgress } from './progress.ts';

function watch(isTTY: boolean, env: Readonly<Record<string, string>>) {
  const written: string[] = [];
  const stderr = { write: (text: string) => void written.push(text), isTTY, columns: 40 };
  return { written, context: createContext([], { stderr, env }) };
}

describe('progress', () => {
  test('a terminal sees one line, no longer than it is wide, which is taken away again', () => {
    const { written, context } = watch(true, {});
    const progress = startProgress(context, `fetching ${'x'.repeat(100)}`, 100);
    progress.end();
    assert.equal(written.length, 2);
    assert.match(written[0] ?? '', /fetching x+$/);
    assert.equal((written[0] ?? '').length, '\r\u001b[2K'.length + 39);
    assert.equal(written[1], '\r\u001b[2K');
  });

  test('pipes and dumb terminals see nothing', () => {
    for (const { written, context } of [watch(false, {}), watch(true, { TERM: 'dumb' })]) {
      const progress = startProgress(context, 'fetching');
      progress.update(1);
      progress.end();
      assert.deepEqual(written, []);
    }
  });
});

test('sizes are decimal', () => {
  const sizes = [0, 999, 1000, 16_612, 1_390_841, 5e12].map((size) => formatSize(size));
  assert.deepEqual(sizes, ['0 B', '999 B', '1.00 kB', '16.6 kB', '1.39 MB', '5.00 TB']);
});
