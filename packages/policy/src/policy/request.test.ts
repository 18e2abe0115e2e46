import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf } from '../fixtures.ts';
import { BodyError } from './errors.ts';
import { admission, admissionRequest, raw, textOf } from './fixtures.ts';
import { readPolicyRequest, readRawRequest } from './request.ts';
import { requestedKind, requestFacts } from './request-facts.ts';

const TARGET = 'Failed to deserialize the JSON body into the target type: ';

test('a body that is no review is refused with its status and the place', () => {
  const rows: [fact: string, body: string, status: number, message: string][] = [
    ['nothing', '', 400, 'Failed to parse the request body as JSON: unexpected end of JSON input'],
    [
      'trailing data',
      '{} x',
      400,
      'Failed to parse the request body as JSON: invalid character after the JSON document at byte 3',
    ],
    ['an empty object', '{}', 422, `${TARGET}missing field \`request\``],
    ['a list', '[]', 422, `${TARGET}invalid type: expected an object`],
    ['no object as request', '{"request":null}', 422, `${TARGET}request: invalid type: null, expected an object`],
    ['another case', '{"Request":{}}', 422, `${TARGET}member 'request' is spelled in another case at byte 1`],
    ['two requests', '{"request":{},"request":{}}', 422, `${TARGET}member 'request' occurs twice at byte 14`],
  ];
  for (const [fact, body, status, message] of rows) {
    assert.throws(() => readPolicyRequest(bytesOf(body)), { name: 'BodyError', status, message }, fact);
  }
});

test('each member is checked for its type, and for being there', () => {
  const rows: [member: object, message: string][] = [
    [{ uid: undefined }, 'request: missing field `uid`'],
    [{ uid: null }, 'request.uid: invalid type: null, expected a string'],
    [{ uid: 1 }, 'request.uid: invalid type: number, expected a string'],
    [{ kind: undefined }, 'request: missing field `kind`'],
    [{ kind: 'Pod' }, 'request.kind: invalid type: string, expected an object'],
    [{ kind: { group: '', version: 'v1' } }, 'request.kind: missing field `kind`'],
    [
      { resource: { group: '', version: 'v1', resource: [] } },
      'request.resource.resource: invalid type: sequence, expected a string',
    ],
    [{ requestKind: {} }, 'request.requestKind: missing field `group`'],
    [{ operation: undefined }, 'request: missing field `operation`'],
    [{ userInfo: undefined }, 'request: missing field `userInfo`'],
    [{ userInfo: { groups: ['a', 1] } }, 'request.userInfo.groups: invalid type: sequence, expected a list of strings'],
    [{ userInfo: { extra: [] } }, 'request.userInfo.extra: invalid type: sequence, expected an object'],
    [{ namespace: false }, 'request.namespace: invalid type: boolean, expected a string'],
    [{ dryRun: 'no' }, 'request.dryRun: invalid type: string, expected a boolean'],
  ];
  for (const [member, message] of rows) {
    assert.throws(() => admission(member), { status: 422, message: TARGET + message });
  }
  for (const fine of [{}, { userInfo: {} }, { dryRun: false }, { operation: 'ANY' }, { userInfo: { groups: [] } }])
    admission(fine);
});

test('no message quotes the body', () => {
  for (const body of ['{"request":{"uid":{"token":"s3cret"}}}', '{"request":"s3cret"}', '{"request":s3cret}']) {
    assert.throws(
      () => readPolicyRequest(bytesOf(body)),
      (error) => error instanceof BodyError && !error.message.includes('s3cret'),
    );
  }
});

test('what Kubernetes does not know, numbers and the order of members reach the policy as they came', () => {
  const request =
    '{ "operation":"X","uid":"u","kind":{"group":"","version":"v","kind":"K"},"extra":1.0,"resource":{"group":"","version":"v","resource":"r"},"userInfo":{},"object":{"n":9007199254740993} }';
  const { segments, object } = readPolicyRequest(bytesOf(`{"kind":"whatever","request": ${request} }`));
  assert.equal(segments.length, 1);
  assert.equal(textOf(segments), request);
  assert.equal(textOf([object!]), '{"n":9007199254740993}');
});

test('optional members that are null are left out', () => {
  const optional = [
    'subResource',
    'requestKind',
    'requestResource',
    'requestSubResource',
    'name',
    'namespace',
    'object',
    'oldObject',
    'options',
    'dryRun',
  ];
  const required = Object.entries(admissionRequest()).filter(([name]) => !optional.includes(name));
  const entries: [string, unknown][] = [...required, ...optional.map((name): [string, unknown] => [name, null])];
  fc.assert(
    fc.property(fc.shuffledSubarray(entries, { minLength: 0 }), fc.constantFrom(undefined, 1), (some, indent) => {
      const all = [...some, ...required.filter((entry) => !some.includes(entry))];
      const body = JSON.stringify({ request: Object.fromEntries(all) }, null, indent);
      const expected = Object.fromEntries(all.filter(([, value]) => value !== null));
      assert.deepEqual(JSON.parse(textOf(readPolicyRequest(bytesOf(body)).segments)), expected);
    }),
    { numRuns: 500 },
  );
});

test('null members of the user are left out too, also when it has no others', () => {
  const { segments } = admission({ userInfo: { username: null, groups: null } });
  assert.match(textOf(segments), /"userInfo":\{\}/);
});

test('a raw request may be anything', () => {
  const rows: [request: unknown, uid: string][] = [
    [{ uid: 'a', x: 1 }, 'a'],
    [{ uid: 1 }, ''],
    [null, ''],
    ['text', ''],
    [[{ uid: 'a' }], ''],
  ];
  for (const [request, uid] of rows) {
    const read = raw(request);
    assert.equal(read.uid, uid);
    assert.equal(textOf(read.segments), JSON.stringify(request));
    assert.equal(textOf([read.object!]), JSON.stringify(request));
  }
  assert.throws(() => readRawRequest(bytesOf('{}')), { status: 422, message: `${TARGET}missing field \`request\`` });
});

test('facts for logs and metrics', () => {
  const request = admission({ subResource: 'status', requestKind: { group: 'g', version: 'v', kind: 'Asked' } });
  assert.equal(requestedKind(request), 'Asked');
  assert.deepEqual(requestFacts(request), {
    uid: 'u1',
    name: 'a',
    namespace: 'default',
    operation: 'CREATE',
    subResource: 'status',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
  });
  assert.equal(requestedKind(raw({ requestKind: { kind: 'x' } })), '');
});

test('a body is a review, or refused; never anything else', () => {
  const member = fc.constantFrom(...Object.keys(admissionRequest()), 'options', 'dryRun');
  fc.assert(
    fc.property(member, fc.jsonValue(), fc.boolean(), (name, value, drop) => {
      const request: Record<string, unknown> = { ...admissionRequest(), [name]: value };
      if (drop) delete request[name];
      try {
        const { segments } = readPolicyRequest(bytesOf({ request }));
        JSON.parse(textOf(segments));
      } catch (error) {
        assert.ok(error instanceof BodyError, String(error));
      }
    }),
  );
});
