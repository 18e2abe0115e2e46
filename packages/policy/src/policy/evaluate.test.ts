import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf } from '../fixtures.ts';
import { judge } from './evaluate.ts';
import { admission, admissionRequest, answers, failure, policy, raw, textOf } from './fixtures.ts';
import type { PolicyKind } from './kind.ts';
import { inputOf, payloadOf } from './payload.ts';
import type { PolicyResponse } from './response.ts';

const ISE = 'internal server error: ';
const NULL_OBJECT =
  'Incoming object is null, which happens only with DELETE operations, but the policy is attempting a mutation. This is not allowed';

async function judged(kind: PolicyKind, answer: unknown, request = admission()): Promise<PolicyResponse> {
  return (await judge(policy(kind, answers(answer)), request)).response;
}

function patchText({ patch }: PolicyResponse): string | undefined {
  return patch === undefined ? undefined : new TextDecoder().decode(Uint8Array.fromBase64(patch));
}

/** Without what is undefined. */
function plain(response: PolicyResponse): unknown {
  return JSON.parse(JSON.stringify(response));
}

test('each kind of policy reads its own document', () => {
  const request = admission();
  const document = JSON.stringify(admissionRequest());
  const rows: [kind: PolicyKind, input: string][] = [
    ['wapc', `{"request":${document},"settings":{"a":1}}`],
    ['wasi', `{"request":${document},"settings":{"a":1}}`],
    ['opa', `{"request":${document}}`],
    ['gatekeeper', `{"parameters":{"a":1},"review":${document}}`],
  ];
  for (const [kind, input] of rows) assert.equal(textOf(inputOf(payloadOf(kind, '{"a":1}'), request)), input);
});

test('what a waPC or WASI policy answers', async () => {
  const rows: [fact: string, answer: unknown, response: object][] = [
    ['yes', { accepted: true }, { allowed: true }],
    ['no', { accepted: false }, { allowed: false }],
    [
      'no, with nulls',
      { accepted: false, message: null, code: null, mutated_object: null, warnings: null, audit_annotations: null },
      { allowed: false },
    ],
    [
      'no, with words',
      { accepted: false, message: 'm', code: 403 },
      { allowed: false, status: { message: 'm', code: 403 } },
    ],
    ['a code alone', { accepted: false, code: 0 }, { allowed: false, status: { code: 0 } }],
    ['words with a yes', { accepted: true, message: 'm' }, { allowed: true, status: { message: 'm' } }],
    [
      'notes',
      { accepted: true, warnings: ['w'], audit_annotations: { k: 'v' } },
      { allowed: true, warnings: ['w'], auditAnnotations: [['k', 'v']] },
    ],
    [
      'notes that are empty',
      { accepted: true, warnings: [], audit_annotations: {} },
      { allowed: true, warnings: [], auditAnnotations: [] },
    ],
    ['what nobody knows', { accepted: true, other: 1 }, { allowed: true }],
  ];
  for (const kind of ['wapc', 'wasi'] as const) {
    for (const [fact, answer, response] of rows) {
      assert.deepEqual(plain(await judged(kind, answer)), { uid: 'u1', ...response }, fact);
    }
  }
});

test('an answer that can’t be used rejects', async () => {
  const rows: [answer: string, cause: string][] = [
    ['', 'the answer is empty'],
    ['{}', 'accepted: expected a boolean, found nothing'],
    ['[]', 'output: expected an object, found another value'],
    ['{"accepted":1}', 'accepted: expected a boolean, found the number 1'],
    ['{"accepted":null}', 'accepted: expected a boolean, found null'],
    ['{"Accepted":true}', "member 'accepted' is spelled in another case at byte 1"],
    ['{"accepted":false,"accepted":true}', "member 'accepted' occurs twice at byte 18"],
    ['{"accepted":true,"message":1}', 'message: expected a string, found another value'],
    ['{"accepted":true,"code":65536}', 'code: expected an integer from 0 to 65535, found the number 65536'],
    ['{"accepted":true,"code":-1}', 'code: expected an integer from 0 to 65535, found the number -1'],
    ['{"accepted":true,"warnings":["a",1]}', 'warnings: expected an array of strings, found one with the number 1'],
    [
      '{"accepted":true,"audit_annotations":{"a":1}}',
      'audit_annotations: expected strings as values, found the number 1',
    ],
    ['{"accepted":true} x', 'invalid character after the JSON document at byte 18'],
  ];
  for (const [answer, cause] of rows) {
    assert.deepEqual(await judged('wapc', answer), {
      uid: 'u1',
      allowed: false,
      status: { message: `${ISE}invalid response from policy: ${cause}`, code: 500 },
    });
    assert.equal(
      (await judged('wasi', answer)).status?.message,
      `${ISE}Cannot deserialize policy validation response: ${cause}`,
    );
  }
});

test('a mutation is the difference to the object of the request', async () => {
  const object = { kind: 'Pod', metadata: { name: 'a' } };
  const changed = { ...object, metadata: { name: 'a', labels: {} } };
  const added = '[{"op":"add","path":"/metadata/labels","value":{}}]';
  assert.equal(patchText(await judged('wapc', { accepted: true, mutated_object: changed })), added);
  assert.equal(patchText(await judged('wapc', { accepted: false, mutated_object: changed })), added);
  assert.equal((await judged('wapc', { accepted: true, mutated_object: object })).patch, undefined);
  assert.equal(
    patchText(await judged('wapc', { accepted: true, mutated_object: 5 })),
    '[{"op":"replace","path":"","value":5}]',
  );
  const deletion = admission({ object: null, operation: 'DELETE' });
  assert.deepEqual(plain(await judged('wapc', { accepted: true, mutated_object: changed }, deletion)), {
    uid: 'u1',
    allowed: false,
    status: { message: NULL_OBJECT },
  });
  assert.equal(
    patchText(await judged('wapc', { accepted: true, mutated_object: { user: 'b' } }, raw({ user: 'a' }))),
    '[{"op":"replace","path":"/user","value":"b"}]',
  );
});

test('what an OPA policy answers', async () => {
  const results = (response: unknown): unknown => [{ result: { response } }];
  assert.deepEqual(
    plain(
      await judged(
        'opa',
        results({
          uid: 'other',
          allowed: false,
          status: { message: 'm', code: 400, details: { causes: [{ message: 'c' }] } },
          warnings: ['w'],
          auditAnnotations: { k: 'v' },
          patch: 'W10=',
          patchType: 'JSONPatch',
        }),
      ),
    ),
    {
      uid: 'u1',
      allowed: false,
      patch: 'W10=',
      status: { message: 'm', code: 400, details: { causes: [{ reason: null, message: 'c', field: null }] } },
      auditAnnotations: [['k', 'v']],
      warnings: ['w'],
    },
  );
  const rows: [results: unknown, message: string][] = [
    [[], 'cannot interpret OPA policy result'],
    [[{ result: null }], 'cannot interpret OPA policy result'],
    [[{ result: {} }], 'cannot interpret OPA policy result'],
    [{}, 'result set: expected an array, found an object'],
    [results({ allowed: true }), 'response.uid: expected a string, found nothing'],
    [results({ uid: '' }), 'response.allowed: expected a boolean, found nothing'],
    [results({ uid: '', Allowed: true }), 'response.allowed: expected a boolean, found nothing'],
    [[{ result: { Response: { uid: '', allowed: true } } }], 'cannot interpret OPA policy result'],
    [results({ uid: '', allowed: 'true' }), 'response.allowed: expected a boolean, found a string'],
    [
      results({ uid: '', allowed: true, patchType: 'Full' }),
      'response.patchType: expected JSONPatch, found another type',
    ],
    [results({ uid: '', allowed: true, patch: '[]' }), 'response.patch: expected base64, found a string that is none'],
  ];
  for (const [answer, message] of rows) {
    assert.deepEqual((await judged('opa', answer)).status, { message: ISE + message, code: 500 });
  }
});

test('what a Gatekeeper policy answers; what is no list of violations rejects', async () => {
  const rows: [results: unknown, allowed: boolean, status: object | undefined][] = [
    [[{ result: [] }], true, undefined],
    [[{ result: [{ msg: 'a' }, {}, { msg: 'b', details: {} }] }], false, { message: 'a, b' }],
    [[{ result: [{}] }], false, { message: '' }],
    ...[[], [{}], [{ result: null }], [{ result: {} }], [{ result: ['a'] }], [{ result: [{ msg: 1 }] }]].map(
      (results): [unknown, boolean, object] => [
        results,
        false,
        { message: `${ISE}cannot interpret Gatekeeper policy result`, code: 500 },
      ],
    ),
  ];
  for (const [results, allowed, status] of rows) {
    const response = await judged('gatekeeper', results);
    assert.equal(response.allowed, allowed, JSON.stringify(results));
    assert.deepEqual(response.status, status);
  }
  assert.deepEqual((await judged('gatekeeper', [{ result: [] }], raw({}))).status, {
    message: `${ISE}Gatekeeper does not support raw validation requests`,
    code: 500,
  });
});

test('a call that fails rejects with code 500 and says why', async () => {
  const timeout = 'Policy execution interrupted because it exceeded the allowed execution time';
  const rows: [kind: PolicyKind, call: ReturnType<typeof failure>, message: string][] = [
    ['wapc', failure('deadline', 'x'), timeout],
    ['wapc', failure('guest-error', 'boom'), `${ISE}Guest call failure: boom`],
    ['wapc', failure('trap', 'trapped: unreachable'), `${ISE}Guest call failure: trapped: unreachable`],
    ['wasi', failure('exit', 'exited with 1', ' panic: x\n'), 'panic: x'],
    ['wasi', failure('trap', 'trapped'), `${ISE}trapped`],
    ['wasi', failure('deadline', 'x', 'noise'), timeout],
    ['opa', failure('deadline', 'x'), `${ISE}guest code interrupted, execution deadline exceeded`],
    ['gatekeeper', failure('trap', 'aborted'), `${ISE}aborted`],
  ];
  for (const [kind, call, message] of rows) {
    const { response, failure: cause } = await judge(policy(kind, call), admission());
    assert.deepEqual(response, { uid: 'u1', allowed: false, status: { message, code: 500 } });
    assert.notEqual(cause, undefined);
    assert.ok(!cause?.includes('panic') && !cause?.includes('noise'), 'standard error is for the client alone');
  }
});

test('a failure’s text is bounded', async () => {
  const { response } = await judge(policy('wasi', failure('exit', '', 'x'.repeat(100_000))), admission());
  assert.equal(response.status?.message?.length, 4097);
});

test('a call that answers at once is judged at once', () => {
  assert.ok(!(judge(policy('wapc', answers({ accepted: true })), admission()) instanceof Promise));
  const later: Parameters<typeof policy>[1] = async () =>
    Promise.resolve({ ok: true, output: bytesOf({ accepted: true }), micros: 1 });
  assert.ok(judge(policy('wapc', later), admission()) instanceof Promise);
});
