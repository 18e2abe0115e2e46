import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit } from '../admit.ts';
import { REVIEW, says, full, jsonPatch, mutating } from './fixtures.ts';
import { admitter, parsed } from '../fixtures.ts';

test('a denial keeps what the module says and has the code of an error', async () => {
  const unexplained = "denied by wasm module 'admit.wasm' without explanation";
  const details = {
    name: 'cfg',
    kind: 'ConfigMap',
    causes: [{ reason: 'r', message: 'm', field: 'data' }],
    retryAfterSeconds: 3,
  };
  const rows: [fact: string, status: unknown, result: object][] = [
    ['no status', undefined, { message: unexplained, reason: 'Forbidden', code: 403 }],
    ['a null status', null, { message: unexplained, reason: 'Forbidden', code: 403 }],
    ['a message', { message: 'm' }, { message: 'm', reason: 'Forbidden', code: 403 }],
    ['a reason alone', { reason: 'Quota' }, { reason: 'Quota', code: 403 }],
    [
      'everything',
      { message: 'm', reason: 'Invalid', code: 422, details, status: 'Success', metadata: {} },
      { message: 'm', reason: 'Invalid', details, code: 422 },
    ],
    ['a code alone', { code: 500 }, { message: unexplained, code: 500 }],
    ['the least code', { message: 'm', code: 400 }, { message: 'm', code: 400 }],
    ['the greatest code', { message: 'm', code: 599 }, { message: 'm', code: 599 }],
    ['a code of success', { message: 'm', code: 200 }, { message: 'm', reason: 'Forbidden', code: 403 }],
    ['a code beyond', { message: 'm', code: 600 }, { message: 'm', reason: 'Forbidden', code: 403 }],
    [
      'unknown details are left out',
      { message: 'm', details: { x: 1, uid: 'u' } },
      { message: 'm', reason: 'Forbidden', details: { uid: 'u' }, code: 403 },
    ],
  ];
  for (const [fact, status, result] of rows) {
    const answer = await admit([admitter(says({ allowed: false, status }))], REVIEW, 'validating');
    assert.deepEqual(
      parsed(answer).response,
      { uid: 'u1', allowed: false, status: { status: 'Failure', ...result } },
      fact,
    );
    assert.deepEqual([answer.decision, answer.failures], ['denied', []], fact);
  }
});

test('a missing allowed is a denial', async () => {
  assert.equal((await admit([admitter(says({}))], REVIEW, 'validating')).decision, 'denied');
});

test('a denial is a denial, also with a patch that could not be applied', async () => {
  for (const response of [
    { ...full('{}'), patchType: 'MergePatch' },
    { ...full('{}'), patch: 'no base64' },
    jsonPatch({ op: 'remove', path: '/x' }),
  ]) {
    const answer = await admit([mutating(says({ ...response, allowed: false }))], REVIEW, 'mutating');
    assert.deepEqual([answer.decision, answer.failures], ['denied', []]);
  }
});

test('a denial in the mutating phase has no patch, whatever the modules before it changed', async () => {
  const modules = [mutating(says(full('{"a":1}'))), mutating(says({ ...full('{"a":2}'), allowed: false }))];
  const { response } = parsed(await admit(modules, REVIEW, 'mutating'));
  assert.deepEqual([response['allowed'], response['patch']], [false, undefined]);
});
