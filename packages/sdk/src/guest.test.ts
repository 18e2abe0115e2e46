import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { type Call, callWapc, callWasi } from './host.ts';
import { openWorkbench } from './workbench.ts';

const AUTHENTICATOR = `
import { answerTokenReview, Json, TokenReview, User } from '@ostiary/sdk/assembly';
export function authn(): void {
  answerTokenReview((review: TokenReview): void => {
    const token = review.token;
    if (token == 'user') {
      const user = new User('jane "ä"', '42', ['dev']).withExtra('dept', ['x', 'y']);
      review.authenticate(user, review.audiences);
    }
    if (token == 'error') review.error('expired');
    if (token == 'fail') review.fail('no key');
    if (token == 'trap') assert(false, 'unreadable key ä');
    if (token == 'settings') review.authenticate(new User(review.settings.find('/users/0').string('nobody')));
  });
}
`;

const AUTHORIZER = `
import { answerSubjectAccessReview, SubjectAccessReview } from '@ostiary/sdk/assembly';
export function authz(): void {
  answerSubjectAccessReview((review: SubjectAccessReview): void => {
    if (review.verb == 'get') review.allow('reading ' + review.resource + review.path);
    if (review.verb == 'delete') review.deny('freeze window in ' + review.namespace);
    if (review.verb == 'list') review.noOpinion(review.user + ' ' + review.uid);
    if (review.verb == 'fail') review.fail('no list');
  });
}
`;

const ADMITTER = `
import { AdmissionReview, answerAdmissionReview, Json } from '@ostiary/sdk/assembly';
export function validate(): void {
  answerAdmissionReview((review: AdmissionReview): void => {
    review.warn('checked ' + review.name);
    review.audit('by', review.username);
    if (review.operation == 'CREATE') review.reject('not now', 422, 'Invalid');
    if (review.operation == 'UPDATE') review.mutate(review.object.put('/spec/size', Json.integer(3)));
    if (review.operation == 'CONNECT') review.accept();
    if (review.operation == 'fail') review.fail('no list');
    if (review.operation == 'undecided') {
      review.mutate(review.object);
      review.reject('on second thoughts');
    }
  });
}
`;

const POLICY = `
import { Json, servePolicy, ValidationRequest } from '@ostiary/sdk/assembly';
export function __guest_call(operationLength: i32, payloadLength: i32): i32 {
  return servePolicy(operationLength, payloadLength, validate, (settings: Json): string => settings.get('problem').string());
}
function validate(request: ValidationRequest): void {
  if (request.operation == 'CREATE') request.reject('not now', 422);
  if (request.operation == 'UPDATE') {
    request.warn('changed');
    request.audit('by', request.username);
    request.mutate(request.object.put('/spec/size', request.settings.get('size')));
  }
  if (request.operation == 'CONNECT') request.accept();
  if (request.operation == 'DELETE') request.mutate(Json.object());
  if (request.operation == 'trap') assert(false, 'out of order');
}
`;

const bench = openWorkbench();
after(bench.close);

/** The envelope that a call wrote. */
function answer(call: Call): { response: unknown; error: unknown } {
  assert.equal(call.returned, true, call.stderr);
  return JSON.parse(call.output) as { response: unknown; error: unknown };
}

const authenticator = await bench.load('authenticator', AUTHENTICATOR);
const authorizer = await bench.load('authorizer', AUTHORIZER);
const admitter = await bench.load('admitter', ADMITTER);
const policy = await bench.load('policy', POLICY);

suite('a TokenReview', () => {
  const head = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' };
  const jane = { username: 'jane "ä"', uid: '42', groups: ['dev'], extra: { dept: ['x', 'y'] } };
  const table: [token: string, status: unknown][] = [
    ['user', { authenticated: true, user: jane, audiences: ['api'] }],
    ['error', { authenticated: false, error: 'expired' }],
    ['settings', { authenticated: true, user: { username: 'first' } }],
    ['unknown', { authenticated: false }],
  ];
  for (const [token, status] of table) {
    test(`with token ${token}`, () => {
      const input = { request: { spec: { token, audiences: ['api'] } }, settings: { users: ['first'] } };
      const call = callWasi(authenticator, 'authn', JSON.stringify(input));
      assert.deepEqual(answer(call), { response: { ...head, status }, error: null });
    });
  }

  test('that the module cannot judge becomes the error', () => {
    const call = callWasi(authenticator, 'authn', '{"request":{"spec":{"token":"fail"}}}');
    assert.deepEqual(answer(call), { response: null, error: 'no key' });
  });

  test('on which the module asserts in vain traps and says where', () => {
    const call = callWasi(authenticator, 'authn', '{"request":{"spec":{"token":"trap"}}}');
    assert.equal(call.returned, false);
    assert.match(call.stderr, /^unreadable key ä \(.*index\.ts:12:26\)\n$/);
    assert.equal(call.output, '');
  });
});

suite('a SubjectAccessReview', () => {
  const head = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' };
  const table: [verb: string, status: unknown][] = [
    ['get', { allowed: true, reason: 'reading pods' }],
    ['delete', { allowed: false, denied: true, reason: 'freeze window in team-a' }],
    ['list', { allowed: false, reason: 'jane 42' }],
    ['watch', { allowed: false }],
  ];
  for (const [verb, status] of table) {
    test(`with verb ${verb}`, () => {
      const resourceAttributes = { verb, resource: 'pods', namespace: 'team-a' };
      const input = JSON.stringify({ request: { spec: { user: 'jane', uid: '42', resourceAttributes } } });
      assert.deepEqual(answer(callWasi(authorizer, 'authz', input)), { response: { ...head, status }, error: null });
    });
  }

  test('of a non-resource request has a path and a verb', () => {
    const input = '{"request":{"spec":{"nonResourceAttributes":{"path":"/metrics","verb":"get"}}}}';
    const status = { allowed: true, reason: 'reading /metrics' };
    assert.deepEqual(answer(callWasi(authorizer, 'authz', input)).response, { ...head, status });
  });

  test('that the module cannot judge becomes the error', () => {
    const input = '{"request":{"spec":{"nonResourceAttributes":{"verb":"fail"}}}}';
    assert.deepEqual(answer(callWasi(authorizer, 'authz', input)), { response: null, error: 'no list' });
  });
});

function admissionRequest(operation: string, object: unknown): unknown {
  return { uid: 'u-1', operation, name: 'web', userInfo: { username: 'jane' }, object };
}

suite('an AdmissionReview', () => {
  const head = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
  const always = { uid: 'u-1', auditAnnotations: { by: 'jane' }, warnings: ['checked web'] };
  const patch = Buffer.from('{"big":12345678901234567890,"spec":{"size":3}}').toString('base64');
  const table: [operation: string, response: unknown][] = [
    ['CREATE', { ...always, allowed: false, status: { message: 'not now', reason: 'Invalid', code: 422 } }],
    ['undecided', { ...always, allowed: false, status: { message: 'on second thoughts' } }],
    ['CONNECT', { ...always, allowed: true }],
    ['UPDATE', { ...always, allowed: true, patchType: 'Full', patch }],
  ];
  for (const [operation, response] of table) {
    test(`of ${operation}`, () => {
      const input = JSON.stringify({ request: { request: admissionRequest(operation, { big: 0 }) } });
      const call = callWasi(admitter, 'validate', input.replace('"big":0', '"big":12345678901234567890'));
      assert.deepEqual(answer(call), { response: { ...head, response }, error: null });
    });
  }

  const failures: [what: string, request: unknown, error: string][] = [
    ['without a verdict', { request: admissionRequest('DELETE', null) }, 'the module gave no verdict'],
    ['that the module cannot judge', { request: admissionRequest('fail', {}) }, 'no list'],
    ['without a request', { request: null }, 'the AdmissionReview has no request'],
  ];
  for (const [what, request, error] of failures) {
    test(`${what} fails`, () => {
      const call = callWasi(admitter, 'validate', JSON.stringify({ request }));
      assert.deepEqual(answer(call), { response: null, error });
    });
  }

  for (const length of [0, 1, 2, 3, 4, 5, 3000]) {
    test(`carries an object with ${length} more letters in base64`, () => {
      const object = { text: 'x'.repeat(length), spec: {} };
      const call = callWasi(
        admitter,
        'validate',
        JSON.stringify({ request: { request: admissionRequest('UPDATE', object) } }),
      );
      const { response } = answer(call).response as { response: { patch: string } };
      const expected = JSON.stringify({ ...object, spec: { size: 3 } });
      assert.equal(response.patch, Buffer.from(expected).toString('base64'));
    });
  }
});

suite('standard input and output', () => {
  const input = JSON.stringify({ request: { request: admissionRequest('UPDATE', { text: 'ä'.repeat(40_000) }) } });
  const whole = callWasi(admitter, 'validate', input);

  for (const transfer of [
    { readBytes: 1, writeBytes: 1 },
    { readBytes: 7, writeBytes: 1000 },
    { readBytes: 16_384, writeBytes: 65_536 },
  ]) {
    test(`may come and go in pieces of ${transfer.readBytes} and ${transfer.writeBytes} bytes`, () => {
      assert.equal(callWasi(admitter, 'validate', input, transfer).output, whole.output);
    });
  }

  test('that takes nothing more makes the guest trap', () => {
    const call = callWasi(admitter, 'validate', input, { readBytes: 100, writeBytes: 0 });
    assert.equal(call.returned, false);
  });

  const unusable: [input: string, error: string][] = [
    ['', 'invalid JSON at byte 0: unexpected end of the text'],
    ['{"request":{}} x', 'invalid JSON at byte 15: unexpected text after the document'],
    ['{"request":[]}', 'the envelope has no request'],
    ['[]', 'the envelope has no request'],
  ];
  for (const [input, error] of unusable) {
    test(`${JSON.stringify(input)} is answered with the error`, () => {
      assert.deepEqual(answer(callWasi(authenticator, 'authn', input)), { response: null, error });
    });
  }
});

suite('a module', () => {
  test('imports nothing but standard input and output, and the three waPC functions', () => {
    const imports = [authenticator, authorizer, admitter, policy].map((module) =>
      WebAssembly.Module.imports(module)
        .map((entry) => `${entry.module}.${entry.name}`)
        .sort(),
    );
    const stdio = ['wasi_snapshot_preview1.fd_read', 'wasi_snapshot_preview1.fd_write'];
    const wapc = ['wapc.__guest_error', 'wapc.__guest_request', 'wapc.__guest_response'];
    assert.deepEqual(imports, [stdio, stdio, stdio, [...wapc, 'wasi_snapshot_preview1.fd_write']]);
  });
});

suite('a Kubewarden policy', () => {
  const table: [operation: string, response: unknown][] = [
    ['CREATE', { accepted: false, message: 'not now', code: 422 }],
    ['CONNECT', { accepted: true }],
    [
      'UPDATE',
      {
        accepted: true,
        mutated_object: { spec: { size: 7 } },
        audit_annotations: { by: 'jane' },
        warnings: ['changed'],
      },
    ],
  ];
  for (const [operation, response] of table) {
    test(`validates ${operation}`, () => {
      const payload = { request: admissionRequest(operation, {}), settings: { size: 7 } };
      const call = callWapc(policy, 'validate', JSON.stringify(payload));
      assert.equal(call.output, JSON.stringify(response), call.error);
    });
  }

  const calls: [operation: string, payload: string, output: string, error: string][] = [
    ['protocol_version', '', '"v1"', ''],
    ['validate_settings', '{}', '{"valid":true}', ''],
    ['validate_settings', 'null', '{"valid":true}', ''],
    ['validate_settings', '{"problem":"too large"}', '{"valid":false,"message":"too large"}', ''],
    ['validate_settings', '{', '', 'invalid JSON at byte 1: unexpected end of the text'],
    ['validate', '{"settings":{}}', '', 'the ValidationRequest has no request'],
    ['validate', '{"request":{"operation":"?"}}', '', 'the module gave no verdict'],
    ['validate', '{"request":{"operation":"DELETE","object":null}}', '', 'no object in admission request'],
    ['delete', '', '', 'unknown operation: delete'],
    ['', '', '', 'unknown operation: '],
  ];
  for (const [operation, payload, output, error] of calls) {
    test(`${operation} of ${payload} gives ${output}${error}`, () => {
      const call = callWapc(policy, operation, payload);
      assert.deepEqual([call.output, call.error, call.trap], [output, error, '']);
    });
  }

  test('that traps says why on standard error', () => {
    const call = callWapc(policy, 'validate', '{"request":{"operation":"trap"}}');
    assert.equal(call.returned, false);
    assert.match(call.stderr, /^out of order \(/);
  });
});
