import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorize } from './authorize.ts';
import { authorizer, bytesOf, failing, guest, parsed } from './fixtures.ts';
import type { Decision } from './module.ts';

const SPEC = { resourceAttributes: { verb: 'get', resource: 'pods' }, user: 'jane', groups: ['dev'] };

function review(spec: object = SPEC, version = 'v1'): Uint8Array {
  return bytesOf({ apiVersion: `authorization.k8s.io/${version}`, kind: 'SubjectAccessReview', spec });
}

function says(status: unknown): ReturnType<typeof guest> {
  return guest(() => ({ response: { status } }));
}

test('one module: what it answers and what comes of it', async () => {
  const both = 'subject access review returned both allow and deny response';
  const rows: [fact: string, output: unknown, decision: Decision, status: object][] = [
    ['allow', { response: { status: { allowed: true, reason: 'r' } } }, 'allowed', { allowed: true, reason: 'r' }],
    [
      'deny',
      { response: { status: { denied: true, reason: 'r' } } },
      'denied',
      { allowed: false, denied: true, reason: 'r' },
    ],
    [
      'both are a deny with an error',
      { response: { status: { allowed: true, denied: true, reason: 'r' } } },
      'denied',
      { allowed: false, denied: true, reason: 'r', evaluationError: both },
    ],
    [
      'neither is no opinion',
      { response: { status: { allowed: false, reason: 'r' } } },
      'no-opinion',
      { allowed: false, reason: 'r' },
    ],
    ['a null response is no opinion', { response: null }, 'no-opinion', { allowed: false }],
    ['a response without status is no opinion', { response: {} }, 'no-opinion', { allowed: false }],
    [
      'the module’s evaluationError is ignored',
      { response: { status: { allowed: true, evaluationError: 'e' } } },
      'allowed',
      { allowed: true },
    ],
  ];
  for (const [fact, output, decision, status] of rows) {
    const answer = await authorize([authorizer(guest(() => output))], review());
    assert.deepEqual([answer.status, answer.decision, parsed(answer).status], [200, decision, status], fact);
    assert.deepEqual(answer.failures, [], fact);
  }
});

test('a failing module counts as its failure policy says, and never as an allow', async () => {
  const outputs: [fact: string, output: unknown, cause: string][] = [
    ['no JSON', 'yes', 'expected a value at byte 0'],
    ['an error', { error: 'boom', response: { status: { allowed: true } } }, "envelope error: 'boom'"],
    [
      'a flag of another type',
      { response: { status: { allowed: 1 } } },
      'response.status.allowed: expected a boolean, found the number 1',
    ],
    [
      'a reason of another type',
      { response: { status: { allowed: true, reason: {} } } },
      'response.status.reason: expected a string, found an object',
    ],
  ];
  for (const [fact, output, cause] of outputs) {
    const text = `wasm module 'm' subject access review failed: ${cause}`;
    const call = guest(() => output);
    const open = await authorize([authorizer(call, { name: 'm' })], review());
    assert.deepEqual(parsed(open).status, { allowed: false, evaluationError: text }, fact);
    const closed = await authorize([authorizer(call, { name: 'm', failurePolicy: 'Deny' })], review());
    assert.deepEqual(
      parsed(closed).status,
      { allowed: false, denied: true, reason: text, evaluationError: text },
      fact,
    );
    for (const answer of [open, closed]) {
      assert.deepEqual(
        [answer.decision, answer.failures],
        ['error', [{ module: 'm', message: cause, stderr: '' }]],
        fact,
      );
    }
  }
});

test('the first allow or deny ends the chain', async () => {
  const nothing = says({ reason: 'not mine' });
  const after = authorizer(guest(() => assert.fail('a module behind the decision is not asked')));
  const rows: [fact: string, modules: ReturnType<typeof authorizer>[], decision: Decision, status: object][] = [
    [
      'allow after no opinion gives its own reason',
      [authorizer(nothing), authorizer(says({ allowed: true, reason: 'ok' })), after],
      'allowed',
      { allowed: true, reason: 'ok' },
    ],
    [
      'deny after no opinion gives its own reason',
      [authorizer(nothing), authorizer(says({ denied: true, reason: 'no' })), after],
      'denied',
      { allowed: false, denied: true, reason: 'no' },
    ],
    [
      'allow after a failure tells of it',
      [authorizer(failing('lost'), { name: 'f' }), authorizer(says({ allowed: true })), after],
      'allowed',
      { allowed: true, evaluationError: "wasm module 'f' subject access review failed: lost" },
    ],
    [
      'a failure that denies ends it too',
      [authorizer(failing('lost'), { name: 'f', failurePolicy: 'Deny' }), after],
      'error',
      {
        allowed: false,
        denied: true,
        reason: "wasm module 'f' subject access review failed: lost",
        evaluationError: "wasm module 'f' subject access review failed: lost",
      },
    ],
    [
      'nobody decides: all reasons',
      [authorizer(nothing), authorizer(says({})), authorizer(says({ reason: 'nor mine' }))],
      'no-opinion',
      { allowed: false, reason: 'not mine\nnor mine' },
    ],
    ['no modules', [], 'no-opinion', { allowed: false }],
  ];
  for (const [fact, modules, decision, status] of rows) {
    const answer = await authorize(modules, review());
    assert.deepEqual([answer.decision, parsed(answer).status], [decision, status], fact);
  }
});

test('v1beta1 says group where modules read groups; the rest stays as it came', async () => {
  let read = '';
  const call = guest((input) => {
    read = input;
    return { response: { status: { allowed: true } } };
  });
  const beta =
    '{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1beta1","spec":{"nonResourceAttributes":{"path":"/healthz"}, "group" : ["a","group"],"user":"u","extra":{"group":["x"]}}}';
  const answer = await authorize([authorizer(call, { settings: '[1]' })], bytesOf(beta));
  assert.equal(
    read,
    '{"request":{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","spec":{"nonResourceAttributes":{"path":"/healthz"}, "groups":["a","group"],"user":"u","extra":{"group":["x"]}}},"settings":[1]}',
  );
  assert.deepEqual(JSON.parse(answer.body), {
    apiVersion: 'authorization.k8s.io/v1beta1',
    kind: 'SubjectAccessReview',
    status: { allowed: true },
  });
  const v1 = JSON.stringify({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { ...SPEC, group: 'kept' },
  });
  await authorize([authorizer(call)], bytesOf(v1));
  assert.equal(read, `{"request":${v1}}`);
});

test('a body that is no SubjectAccessReview gets status 400 and says what was expected', async () => {
  const one = 'spec: expected exactly one of resourceAttributes and nonResourceAttributes';
  const rows: [fact: string, body: Uint8Array, message: string][] = [
    ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'invalid UTF-8 at byte 1'],
    [
      'another kind',
      bytesOf({ kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1' }),
      'kind: expected SubjectAccessReview, found "SelfSubjectAccessReview"',
    ],
    ['neither kind of attributes', review({ user: 'a', resourceAttributes: null }), one],
    ['both kinds of attributes', review({ ...SPEC, nonResourceAttributes: {} }), one],
    ['no spec', bytesOf({ kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1' }), one],
    [
      'groups by both names',
      review({ ...SPEC, group: ['a'] }, 'v1beta1'),
      'spec.groups: version v1beta1 calls it group',
    ],
  ];
  const never = authorizer(guest(() => assert.fail('no module is asked')));
  for (const [fact, body, message] of rows) {
    const answer = await authorize([never], body);
    assert.deepEqual([answer.status, answer.decision], [400, 'invalid'], fact);
    assert.equal(
      parsed(answer).message,
      `the request body is no SubjectAccessReview of authorization.k8s.io: ${message}`,
      fact,
    );
  }
});
