import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeText } from './decode/testing.ts';
import { rule } from './rules.ts';

const GOOD = { operations: '["CREATE"]', apiGroups: '[""]', apiVersions: '["v1"]', resources: '["pods"]' };
const text = (change: Partial<typeof GOOD & { scope: string }>): string =>
  Object.entries({ ...GOOD, ...change })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');

suite('a rule', () => {
  test('is taken as written', () => {
    assert.deepEqual(decodeText(rule, text({})).value, {
      operations: ['CREATE'],
      apiGroups: [''],
      apiVersions: ['v1'],
      resources: ['pods'],
    });
    assert.equal(decodeText(rule, text({ scope: 'Namespaced' })).value?.scope, 'Namespaced');
  });

  for (const change of [
    { operations: '["*"]', apiGroups: '["*"]', apiVersions: '["*"]', resources: '["*/*"]', scope: '"*"' },
    { operations: '[CREATE, UPDATE, DELETE, CONNECT]' },
    { resources: '[pods, pods/status, deployments/scale]' },
    { resources: '["*", pods/status]' },
    { resources: '["pods/*", nodes/status]' },
    { resources: '["*/scale", pods, pods/status]' },
    { scope: 'Cluster' },
    { scope: 'null' },
  ]) {
    test(`may be ${JSON.stringify(change)}`, () => assert.deepEqual(decodeText(rule, text(change)).problems, []));
  }

  for (const [change, problem] of [
    [{ operations: '[]' }, '1:13 operations: expected at least one entry, found none'],
    [{ operations: 'null' }, '1:13 operations: expected at least one entry, found none'],
    [
      { operations: '[create]' },
      '1:14 operations[0]: expected one of CREATE, UPDATE, DELETE, CONNECT, *, found the string "create", did you mean "CREATE"?',
    ],
    [{ operations: '["*", CREATE]' }, '1:14 operations[0]: expected "*" to stand alone, found other entries beside it'],
    [{ apiGroups: '[apps, "*"]' }, '2:19 apiGroups[1]: expected "*" to stand alone, found other entries beside it'],
    [{ apiVersions: '[""]' }, '3:15 apiVersions[0]: expected a version such as v1 or "*", found the empty string'],
    [{ apiVersions: 'v1' }, '3:14 apiVersions: expected a list, found the string "v1"'],
    [
      { resources: '[Pods]' },
      '4:13 resources[0]: expected a resource such as "pods", "pods/status", "pods/*" or "*", found "Pods"',
    ],
    [
      { resources: '["a/b/c"]' },
      '4:13 resources[0]: expected a resource such as "pods", "pods/status", "pods/*" or "*", found "a/b/c"',
    ],
    [{ resources: '["*", pods]' }, '4:18 resources[1]: expected no entry that "*" already covers, found "pods"'],
    [{ resources: '["*/*", a/b]' }, '4:20 resources[1]: expected no entry that "*/*" already covers, found "a/b"'],
    [{ resources: '[a, "*/*"]' }, '4:13 resources[0]: expected no entry that "*/*" already covers, found "a"'],
    [{ resources: '[a/b, a/*]' }, '4:13 resources[0]: expected no entry that "a/*" already covers, found "a/b"'],
    [{ resources: '["*/b", a/b]' }, '4:20 resources[1]: expected no entry that "*/b" already covers, found "a/b"'],
    [
      { scope: 'namespaced' },
      '5:8 scope: expected one of Cluster, Namespaced, *, found the string "namespaced", did you mean "Namespaced"?',
    ],
  ] as const) {
    test(`may not be ${JSON.stringify(change)}`, () => {
      assert.deepEqual(decodeText(rule, text(change)).problems, [problem]);
      if (!problem.includes('expected a list')) assert.deepEqual(decodeText(rule, text(change), true).problems, []);
    });
  }

  test('needs its four lists unless the reader is lenient', () => {
    assert.deepEqual(
      decodeText(rule, 'scope: "*"').problems.map((problem) => problem.split(' ')[1]),
      ['operations:', 'apiGroups:', 'apiVersions:', 'resources:'],
    );
    assert.deepEqual(decodeText(rule, 'scope: bogus', true).value, {
      operations: [],
      apiGroups: [],
      apiVersions: [],
      resources: [],
      scope: 'bogus',
    });
  });
});
