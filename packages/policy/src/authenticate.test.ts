import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authenticate, type AuthenticateOptions } from './authenticate.ts';
import { authenticator, bytesOf, failing, guest, parsed } from './fixtures.ts';
import type { Decision } from './module.ts';

const TOKEN = 'eyJhbGciOi.J9"x.c2lnbmF0dXJl';

function review(spec: object = {}, version = 'v1'): Uint8Array {
  return bytesOf({
    apiVersion: `authentication.k8s.io/${version}`,
    kind: 'TokenReview',
    spec: { token: TOKEN, ...spec },
  });
}

function says(status: unknown): ReturnType<typeof guest> {
  return guest(() => ({ response: { status } }));
}

const JANE = {
  username: 'jane',
  uid: '42',
  groups: ['dev', 'system:masters'],
  extra: { dept: ['x', 'y'], __proto: [] },
};

const spacedReview = (v: string): string =>
  ` {"kind":"TokenReview","metadata":{"creationTimestamp":null},"spec":{"token":"t","x":1.0,"y":9007199254740993},"apiVersion":"authentication.k8s.io/${v}"} `;

test('a module reads the review as it came, in version v1, with its settings behind', async () => {
  const rows: [fact: string, version: string, settings: string | undefined, tail: string][] = [
    ['no settings: the member is omitted', 'v1', undefined, '}'],
    ['empty settings are sent', 'v1', '{}', ',"settings":{}}'],
    ['settings keep their text', 'v1', '{"b":9007199254740993,"a":1.0}', ',"settings":{"b":9007199254740993,"a":1.0}}'],
    ['v1beta1 becomes v1', 'v1beta1', 'null', ',"settings":null}'],
  ];
  for (const [fact, version, settings, tail] of rows) {
    let read = '';
    const call = guest((input) => {
      read = input;
      return { response: null };
    });
    const answer = await authenticate([{ name: 'a', settings, call }], bytesOf(spacedReview(version)));
    assert.equal(read, `{"request":${spacedReview('v1')}${tail}`, fact);
    assert.equal(parsed(answer).apiVersion, `authentication.k8s.io/${version}`, fact);
    assert.equal(parsed(answer).kind, 'TokenReview', fact);
  }
});

test('one module: what it answers and what comes of it', async () => {
  const rows: [fact: string, output: unknown, decision: Decision, status: object][] = [
    [
      'a user is copied whole, extra included',
      { response: { status: { authenticated: true, user: JANE } }, error: null },
      'authenticated',
      { authenticated: true, user: JANE },
    ],
    [
      'empty members of a user are omitted',
      { response: { status: { authenticated: true, user: { username: 'a', uid: '', groups: null, extra: {} } } } },
      'authenticated',
      { authenticated: true, user: { username: 'a' } },
    ],
    [
      'names in another case count',
      { Response: { STATUS: { Authenticated: true, user: { UserName: 'a' } } } },
      'authenticated',
      { authenticated: true, user: { username: 'a' } },
    ],
    [
      'the exact name wins over another case',
      { response: { status: { Authenticated: true, authenticated: false, user: { username: 'a' } } } },
      'unauthenticated',
      { authenticated: false },
    ],
    ['no', { response: { status: { authenticated: false } } }, 'unauthenticated', { authenticated: false }],
    [
      'no, with a reason',
      { response: { status: { error: 'expired' } } },
      'unauthenticated',
      { authenticated: false, error: 'expired' },
    ],
    ['a null response is no', { response: null, error: '' }, 'unauthenticated', { authenticated: false }],
    ['a response without status is no', { response: {} }, 'unauthenticated', { authenticated: false }],
  ];
  for (const [fact, output, decision, status] of rows) {
    const answer = await authenticate([authenticator(guest(() => output))], review());
    assert.deepEqual([answer.status, answer.decision, parsed(answer).status], [200, decision, status], fact);
    assert.deepEqual(answer.failures, [], fact);
  }
});

test('a failing module never authenticates, and the text says why', async () => {
  const rows: [fact: string, output: unknown, cause: string][] = [
    ['an empty output', '', 'unexpected end of JSON input'],
    ['two documents', '{"response":null}{"response":null}', 'invalid character after the JSON document at byte 17'],
    ['no JSON', 'hello', 'expected a value at byte 0'],
    ['no object', '[]', 'output: expected an object, found an array'],
    ['null', 'null', 'output: expected an object, found null'],
    ['deep nesting', '['.repeat(100_000), 'nested deeper than 1000 levels at byte 1000'],
    [
      'an error wins over a response',
      { response: { status: { authenticated: true, user: JANE } }, error: 'boom' },
      "envelope error: 'boom'",
    ],
    ['an error of another type', { error: { a: 1 } }, 'error: expected a string, found an object'],
    ['no response', {}, 'response: expected an object, found nothing'],
    ['a response of another type', { response: 'x' }, 'response: expected an object, found a string'],
    ['a status of another type', { response: { status: [] } }, 'response.status: expected an object, found an array'],
    [
      'a flag of another type',
      { response: { status: { authenticated: 'true' } } },
      'response.status.authenticated: expected a boolean, found a string',
    ],
    [
      'a flag in two other cases',
      { response: { status: { Authenticated: false, AUTHENTICATED: true } } },
      'response.status.authenticated: expected one spelling of the name, found 2',
    ],
    [
      'no user',
      { response: { status: { authenticated: true } } },
      'response.status.user: expected an object, found nothing',
    ],
    [
      'a user without a name',
      { response: { status: { authenticated: true, user: { groups: ['a'] } } } },
      'response.status.user.username: expected the name of the user, found none',
    ],
    [
      'a user with an empty name',
      { response: { status: { authenticated: true, user: { username: '' } } } },
      'response.status.user.username: expected the name of the user, found none',
    ],
    [
      'a group of another type',
      { response: { status: { authenticated: true, user: { username: 'a', groups: ['b', 1] } } } },
      'response.status.user.groups[1]: expected a string, found the number 1',
    ],
    [
      'extra of another type',
      { response: { status: { authenticated: true, user: { username: 'a', extra: { b: 'c' } } } } },
      'response.status.user.extra.b: expected an array of strings, found a string',
    ],
    [
      'audiences of another type',
      { response: { status: { authenticated: true, user: JANE, audiences: 'a' } } },
      'response.status.audiences: expected an array of strings, found a string',
    ],
  ];
  for (const [fact, output, cause] of rows) {
    const answer = await authenticate(
      [
        authenticator(
          guest(() => output),
          'm',
        ),
      ],
      review(),
    );
    assert.deepEqual(
      parsed(answer).status,
      { authenticated: false, error: `wasm module 'm' token review failed: ${cause}` },
      fact,
    );
    assert.deepEqual(answer.failures, [{ module: 'm', message: cause, stderr: '' }], fact);
    assert.equal(answer.decision, 'error', fact);
  }
});

test('a call that fails is a failure with its stderr', async () => {
  const answer = await authenticate([authenticator(failing('the deadline of 2000 ms passed', 'trace'), 'm')], review());
  assert.deepEqual(answer.failures, [{ module: 'm', message: 'the deadline of 2000 ms passed', stderr: 'trace' }]);
  assert.deepEqual(parsed(answer).status, {
    authenticated: false,
    error: "wasm module 'm' token review failed: the deadline of 2000 ms passed",
  });
});

test('the first success ends the chain; no and failures go on; without success all errors are told', async () => {
  const yes = says({ authenticated: true, user: { username: 'jane' } });
  const no = says({ authenticated: false, error: 'expired' });
  const after = guest(() => assert.fail('a module behind the first success is not asked'));
  const chain = [no, failing('lost'), yes, after].map((call, index) => authenticator(call, `m${index}`));
  const success = await authenticate(chain, review());
  assert.deepEqual(parsed(success).status, { authenticated: true, user: { username: 'jane' } });
  assert.deepEqual([success.decision, success.failures.length], ['authenticated', 1]);
  const none = await authenticate(chain.slice(0, 2), review());
  assert.equal(parsed(none).status['error'], "expired\nwasm module 'm1' token review failed: lost");
  assert.deepEqual(parsed(await authenticate([], review())).status, { authenticated: false });
});

test('audiences: what was asked for and the module, or else the API server, stands for', async () => {
  const rows: [
    fact: string,
    wanted: unknown,
    named: unknown,
    options: AuthenticateOptions,
    result: string[] | 'none' | 'no',
  ][] = [
    ['nothing asked, nothing named', undefined, undefined, {}, 'none'],
    ['nothing asked: the answer names none', undefined, ['a'], { apiAudiences: ['b'] }, 'none'],
    ['null asks for nothing', null, ['a'], {}, 'none'],
    ['the intersection, in the order asked', ['a', 'b', 'c'], ['c', 'a', 'x'], {}, ['a', 'c']],
    ['none of those asked is a plain no', ['a'], ['b'], {}, 'no'],
    ['without own ones the module stands for the API server’s', ['a', 'b'], undefined, { apiAudiences: ['b'] }, ['b']],
    ['an empty list is none named', ['a', 'b'], [], { apiAudiences: ['b'] }, ['b']],
    ['own ones win over the API server’s', ['a', 'b'], ['a'], { apiAudiences: ['b'] }, ['a']],
    ['the API server’s, none of them asked', ['a'], undefined, { apiAudiences: ['b'] }, 'no'],
    ['neither is known: the API server applies its own', ['a'], undefined, {}, 'none'],
  ];
  for (const [fact, wanted, named, options, result] of rows) {
    const module = authenticator(says({ authenticated: true, user: { username: 'a' }, audiences: named }));
    const { status } = parsed(await authenticate([module], review({ audiences: wanted }), options));
    assert.equal(status['authenticated'], result !== 'no', fact);
    assert.deepEqual(status['audiences'], Array.isArray(result) ? result : undefined, fact);
    assert.equal(status['error'], undefined, fact);
  }
});

test('the token never leaves: not in the answer, not in failures', async () => {
  const inJson = JSON.stringify(TOKEN).slice(1, -1);
  const calls = [
    says({ error: `bad token ${TOKEN}` }),
    guest(() => ({ error: `cannot use ${inJson} or ${TOKEN}` })),
    guest(() => ({ error: 'x'.repeat(4090) + TOKEN })),
    failing(`lost ${TOKEN}`, `panic at ${TOKEN}: ${TOKEN.slice(0, 20)}`),
    guest((input) => input),
  ];
  const answer = await authenticate(
    calls.map((call) => authenticator(call)),
    review(),
  );
  const told = answer.body + JSON.stringify(answer.failures);
  assert.equal(told.includes(TOKEN.slice(0, 8)), false, told);
  assert.match(String(parsed(answer).status['error']), /^bad token \[token\]\n/);
  assert.equal(answer.failures.at(2)?.stderr, 'panic at [token]: [token]');
});

test('an empty token is passed on and replaces nothing', async () => {
  const answer = await authenticate([authenticator(says({ error: 'no token' }))], review({ token: '' }));
  assert.equal(parsed(answer).status['error'], 'no token');
});

test('a body that is no TokenReview gets status 400 and says what was expected', async () => {
  const rows: [fact: string, body: unknown, message: string][] = [
    ['nothing', '', 'unexpected end of JSON input'],
    ['cut', '{"apiVersion":"authentication.k8s.io/v1"', 'unexpected end of JSON input'],
    ['trailing bytes', '{} x', 'invalid character after the JSON document at byte 3'],
    ['no kind', {}, 'kind: expected TokenReview, found no string'],
    [
      'another kind',
      { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' },
      'kind: expected TokenReview, found "AdmissionReview"',
    ],
    [
      'another version',
      { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v2' },
      'apiVersion: expected authentication.k8s.io/v1 or authentication.k8s.io/v1beta1, found "authentication.k8s.io/v2"',
    ],
    [
      'another group',
      { kind: 'TokenReview', apiVersion: 'v1' },
      'apiVersion: expected authentication.k8s.io/v1 or authentication.k8s.io/v1beta1, found "v1"',
    ],
    [
      'no token',
      { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: {} },
      'spec.token: expected a string',
    ],
    [
      'no spec',
      { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: null },
      'spec.token: expected a string',
    ],
    [
      'a token of another type',
      { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token: 1 } },
      'spec.token: expected a string',
    ],
    [
      'audiences of another type',
      { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token: 'a', audiences: { a: 1 } } },
      'spec.audiences: expected an array of strings',
    ],
    [
      'two tokens',
      '{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","spec":{"token":"a","Token":"b"}}',
      "member 'token' is spelled in another case at byte 82",
    ],
  ];
  const never = authenticator(guest(() => assert.fail('no module is asked')));
  for (const [fact, body, message] of rows) {
    const answer = await authenticate([never], bytesOf(body));
    assert.deepEqual([answer.status, answer.decision, answer.failures], [400, 'invalid', []], fact);
    assert.equal(
      parsed(answer).message,
      `the request body is no TokenReview of authentication.k8s.io: ${message}`,
      fact,
    );
  }
});
