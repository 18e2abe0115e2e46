import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectCases } from './cases.ts';

test('cases keep their order and the names of their suites, and run only when asked', () => {
  const ran: string[] = [];
  const cases = collectCases(({ suite, test }) => {
    suite('one', () => {
      suite('inner', () => void test('a', () => ran.push('a')));
      test('b', () => ran.push('b'));
    });
    test('c', () => ran.push('c'));
  });
  assert.deepEqual(
    cases.map(({ name }) => name),
    ['one › inner › a', 'one › b', 'c'],
  );
  assert.deepEqual(ran, []);
  for (const { run } of cases) run();
  assert.deepEqual(ran, ['a', 'b', 'c']);
});

test('two cases of one name are refused', () => {
  const twice = (): unknown =>
    collectCases(({ test }) => {
      test('a', () => undefined);
      test('a', () => undefined);
    });
  assert.throws(twice, /two cases are called 'a'/);
});
