import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit } from './admit.ts';
import { admitter, bytesOf, failing, guest, parsed } from './fixtures.ts';
import type { AdmissionModule, CallModule, Decision } from './module.ts';

const OBJECT =
  '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"cfg"},"data":{"a":"b"},"big":9007199254740993,"f":1.0}';

/** A review of `object` as an API server writes it: compact, object and options always there. */
function reviewText(object = OBJECT, version = 'v1', request: object = {}): string {
  const before = {
    uid: 'u1',
    kind: { group: '', version: 'v1', kind: 'ConfigMap' },
    resource: { group: '', version: 'v1', resource: 'configmaps' },
    name: 'cfg',
    namespace: 'team-a',
    operation: 'CREATE',
    ...request,
  };
  return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/${version}","request":${JSON.stringify(before).slice(0, -1)},"object":${object},"oldObject":null,"dryRun":false}}`;
}

const REVIEW = bytesOf(reviewText());
const DELETE = bytesOf(reviewText('null', 'v1', { operation: 'DELETE' }));

function review(response: object | null, more: object = {}): unknown {
  return {
    response: {
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      response: response && { uid: 'u1', ...response },
      ...more,
    },
  };
}

function says(response: object | null): CallModule {
  return guest(() => review(response));
}

function full(object: string): object {
  return { allowed: true, patchType: 'Full', patch: btoa(object) };
}

function jsonPatch(...operations: object[]): object {
  return { allowed: true, patchType: 'JSONPatch', patch: btoa(JSON.stringify(operations)) };
}

/** The JSONPatch of an answer as text. */
function patchOf(response: { [name: string]: unknown }): string | undefined {
  const { patch, patchType } = response;
  assert.ok(patch === undefined || typeof patch === 'string');
  assert.equal(patchType, patch === undefined ? undefined : 'JSONPatch');
  return patch === undefined ? undefined : new TextDecoder().decode(Uint8Array.fromBase64(patch));
}

const mutating = (call: CallModule, more: Partial<AdmissionModule> = {}): AdmissionModule =>
  admitter(call, { mutating: true, ...more });
const kubewarden = (answer: unknown, more: Partial<AdmissionModule> = {}): AdmissionModule =>
  admitter(
    guest(() => answer),
    { type: 'kubewarden', ...more },
  );

const inner = (text: string): string => text.slice(text.indexOf('"request":') + 10, -1);

test('a module of either type reads the raw bytes, in version v1', async () => {
  const rows: [
    fact: string,
    type: AdmissionModule['type'],
    version: string,
    settings: string | undefined,
    read: string,
  ][] = [
    ['wasi without settings', 'wasi', 'v1', undefined, `{"request":${reviewText()}}`],
    ['wasi with settings', 'wasi', 'v1', '{"a":1.0}', `{"request":${reviewText()},"settings":{"a":1.0}}`],
    ['wasi, v1beta1', 'wasi', 'v1beta1', undefined, `{"request":${reviewText()}}`],
    [
      'kubewarden without settings',
      'kubewarden',
      'v1',
      undefined,
      `{"request":${inner(reviewText())},"settings":null}`,
    ],
    [
      'kubewarden with settings, v1beta1',
      'kubewarden',
      'v1beta1',
      '{}',
      `{"request":${inner(reviewText())},"settings":{}}`,
    ],
  ];
  for (const [fact, type, version, settings, expected] of rows) {
    let read = '';
    const call = guest((input) => {
      read = input;
      return type === 'wasi' ? review({ allowed: true }) : { accepted: true };
    });
    const answer = await admit(
      [admitter(call, { type, settings })],
      bytesOf(reviewText(OBJECT, version)),
      'validating',
    );
    assert.equal(read, expected, fact);
    assert.deepEqual(
      JSON.parse(answer.body),
      { kind: 'AdmissionReview', apiVersion: `admission.k8s.io/${version}`, response: { uid: 'u1', allowed: true } },
      fact,
    );
  }
});

test('only the modules of the phase whose rules match are asked', async () => {
  const rows: [fact: string, more: Partial<AdmissionModule>, asked: boolean][] = [
    ['a module of the phase', {}, true],
    ['a module of the other phase', { mutating: true }, false],
    ['no rules', { rules: [] }, false],
    [
      'another resource',
      { rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['pods'] }] },
      false,
    ],
    [
      'its own resource',
      {
        rules: [
          {
            operations: ['CREATE'],
            apiGroups: [''],
            apiVersions: ['v1'],
            resources: ['configmaps'],
            scope: 'Namespaced',
          },
        ],
      },
      true,
    ],
  ];
  for (const [fact, more, expected] of rows) {
    let asked = false;
    const call = guest(() => {
      asked = true;
      return review({ allowed: true });
    });
    const answer = await admit([admitter(call, more)], REVIEW, 'validating');
    assert.deepEqual([asked, answer.decision], [expected, 'allowed'], fact);
  }
});

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

test('a failing module denies with code 500, or is skipped when the policy says Ignore', async () => {
  const path = 'response.response';
  const patch = btoa('{}');
  const rows: [fact: string, output: unknown, cause: string, more?: Partial<AdmissionModule>, body?: Uint8Array][] = [
    ['no JSON', 'x', 'expected a value at byte 0'],
    ['nothing', '', 'unexpected end of JSON input'],
    ['an error', { error: 'boom' }, "envelope error: 'boom'"],
    ['no envelope response', {}, 'response: expected an object, found nothing'],
    ['a null envelope response', { response: null }, 'webhook response was absent'],
    ['no inner response', review(null), 'webhook response was absent'],
    ['another uid', review({ uid: 'u2', allowed: true }), 'expected response.uid="u1", got "u2"'],
    ['no uid', review({ uid: null, allowed: true }), 'expected response.uid="u1", got ""'],
    [
      'another kind',
      review({ allowed: true }, { kind: 'TokenReview' }),
      'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got admission.k8s.io/v1, Kind=TokenReview',
    ],
    [
      'no kind',
      review({ allowed: true }, { kind: null, apiVersion: null }),
      'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind=',
    ],
    [
      'an older version',
      review({ allowed: true }, { apiVersion: 'admission.k8s.io/v1beta1' }),
      'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got admission.k8s.io/v1beta1, Kind=AdmissionReview',
    ],
    ['allowed of another type', review({ allowed: 'yes' }), `${path}.allowed: expected a boolean, found a string`],
    [
      'a code of another type',
      review({ allowed: false, status: { code: '403' } }),
      `${path}.status.code: expected an integer from -2147483648 to 2147483647, found a string`,
    ],
    [
      'a fractional code',
      review({ allowed: false, status: { code: 403.5 } }),
      `${path}.status.code: expected an integer from -2147483648 to 2147483647, found the number 403.5`,
    ],
    [
      'a cause of another type',
      review({ allowed: false, status: { details: { causes: [1] } } }),
      `${path}.status.details.causes[0]: expected an object, found the number 1`,
    ],
    [
      'a warning of another type',
      review({ allowed: true, warnings: [null] }),
      `${path}.warnings[0]: expected a string, found null`,
    ],
    [
      'an annotation of another type',
      review({ allowed: true, auditAnnotations: { a: 1 } }),
      `${path}.auditAnnotations.a: expected a string, found the number 1`,
    ],
    [
      'a validating module with a patch',
      review({ allowed: true, patch, patchType: 'Full' }),
      'validating webhook may not return response.patch',
    ],
    [
      'a validating module with a patch type',
      review({ allowed: true, patchType: 'Full' }),
      'validating webhook may not return response.patchType',
    ],
    [
      'a patch without type',
      review({ allowed: true, patch }),
      'webhook returned response.patch but not response.patchType',
      { mutating: true },
    ],
    [
      'a type without patch',
      review({ allowed: true, patchType: 'Full' }),
      'webhook returned response.patchType but not response.patch',
      { mutating: true },
    ],
    [
      'a type without patch, denied',
      review({ allowed: false, patchType: 'Full' }),
      'webhook returned response.patchType but not response.patch',
      { mutating: true },
    ],
    [
      'another patch type',
      review({ allowed: true, patch, patchType: 'MergePatch' }),
      'patch type not supported',
      { mutating: true },
    ],
    [
      'a patch that is no base64',
      review({ allowed: true, patch: 'e30', patchType: 'Full' }),
      `${path}.patch: expected base64, found a string`,
      { mutating: true },
    ],
    ['a Full patch that is no JSON', review(full('{')), 'unexpected end of JSON input', { mutating: true }],
    [
      'a Full patch that is no object',
      review(full(' []')),
      'response.patch: the changed object is not a JSON object',
      { mutating: true },
    ],
    [
      'a Full patch that is null',
      review(full('null')),
      'response.patch: the changed object is not a JSON object',
      { mutating: true },
    ],
    [
      'a JSONPatch that does not fit',
      review(jsonPatch({ op: 'remove', path: '/x' })),
      'operation 0: the path does not exist',
      { mutating: true },
    ],
    [
      'a JSONPatch that leaves no object',
      review(jsonPatch({ op: 'replace', path: '', value: 1 })),
      'response.patch: the changed object is not a JSON object',
      { mutating: true },
    ],
    [
      'a patch where there is no object',
      review(full('{}')),
      'response.patch: the request has no object to change',
      { mutating: true },
      DELETE,
    ],
    [
      'a JSONPatch where there is no object',
      review(jsonPatch()),
      'response.patch: the request has no object to change',
      { mutating: true },
      DELETE,
    ],
    ['kubewarden: no verdict', {}, 'accepted: expected a boolean, found nothing', { type: 'kubewarden' }],
    [
      'kubewarden: a code beyond u16',
      { accepted: false, code: 65_536 },
      'code: expected an integer from 0 to 65535, found the number 65536',
      { type: 'kubewarden' },
    ],
    [
      'kubewarden: a negative code',
      { accepted: false, code: -1 },
      'code: expected an integer from 0 to 65535, found the number -1',
      { type: 'kubewarden' },
    ],
    [
      'kubewarden: a validating policy with an object',
      { accepted: true, mutated_object: {} },
      'validating webhook may not return response.patch',
      { type: 'kubewarden' },
    ],
    [
      'kubewarden: an object that is none',
      { accepted: true, mutated_object: 'x' },
      'response.patch: the changed object is not a JSON object',
      { type: 'kubewarden', mutating: true },
    ],
    [
      'kubewarden: two objects',
      '{"accepted":true,"mutated_object":{},"mutated_object":{"a":1}}',
      "member 'mutated_object' occurs twice at byte 37",
      { type: 'kubewarden', mutating: true },
    ],
    [
      'kubewarden: an object for a DELETE',
      { accepted: true, mutated_object: {} },
      'response.patch: the request has no object to change',
      { type: 'kubewarden', mutating: true },
      DELETE,
    ],
  ];
  for (const [fact, output, cause, more = {}, body = REVIEW] of rows) {
    const module = admitter(
      guest(() => output),
      { name: 'm', ...more },
    );
    const phase = module.mutating ? 'mutating' : 'validating';
    const failures = [{ module: 'm', message: cause, stderr: '' }];
    const closed = await admit([module], body, phase);
    const message = `admission review failed in wasm module 'm': ${cause}`;
    assert.deepEqual(
      parsed(closed).response,
      { uid: 'u1', allowed: false, status: { status: 'Failure', message, reason: 'InternalError', code: 500 } },
      fact,
    );
    assert.deepEqual([closed.decision, closed.failures], ['error', failures], fact);
    const open = await admit([{ ...module, failurePolicy: 'Ignore' }], body, phase);
    assert.deepEqual(parsed(open).response, { uid: 'u1', allowed: true }, fact);
    assert.deepEqual([open.decision, open.failures], ['allowed', failures], fact);
  }
});

test('a call that fails is a failure with its stderr', async () => {
  const answer = await admit(
    [admitter(failing('the guest trapped: unreachable', 'panicked'), { name: 'm' })],
    REVIEW,
    'validating',
  );
  assert.deepEqual(answer.failures, [{ module: 'm', message: 'the guest trapped: unreachable', stderr: 'panicked' }]);
  assert.equal(answer.body.includes('panicked'), false);
});

const note = (name: string, response: object): AdmissionModule =>
  admitter(says({ warnings: [`w-${name}`], auditAnnotations: { [name]: 'v', shared: 's' }, ...response }), { name });

test('the first denial ends the chain; warnings and annotations of all that ran are kept', async () => {
  const after = admitter(guest(() => assert.fail('a module behind the denial is not asked')));
  const rows: [
    fact: string,
    modules: AdmissionModule[],
    decision: Decision,
    warnings: unknown,
    annotations: unknown,
  ][] = [
    [
      'all allow',
      [note('a', { allowed: true }), note('b', { allowed: true })],
      'allowed',
      ['w-a', 'w-b'],
      { a: 'v', b: 'v', shared: 's' },
    ],
    [
      'the second denies',
      [note('a', { allowed: true }), note('b', {}), after],
      'denied',
      ['w-a', 'w-b'],
      { a: 'v', b: 'v', shared: 's' },
    ],
    [
      'the second fails',
      [note('a', { allowed: true }), admitter(failing()), after],
      'error',
      ['w-a'],
      { a: 'v', shared: 's' },
    ],
    [
      'a failure that is ignored',
      [admitter(failing(), { failurePolicy: 'Ignore' }), note('b', { allowed: true })],
      'allowed',
      ['w-b'],
      { b: 'v', shared: 's' },
    ],
    [
      'a denial behind an ignored failure',
      [admitter(failing(), { failurePolicy: 'Ignore' }), note('b', {}), after],
      'denied',
      ['w-b'],
      { b: 'v', shared: 's' },
    ],
  ];
  for (const [fact, modules, decision, warnings, annotations] of rows) {
    const answer = await admit(modules, REVIEW, 'validating');
    const { response } = parsed(answer);
    assert.deepEqual(
      [answer.decision, response['warnings'], response['auditAnnotations']],
      [decision, warnings, annotations],
      fact,
    );
  }
});

const annotate = (name: string, value: string): AdmissionModule =>
  admitter(says({ allowed: true, auditAnnotations: { k: value } }), { name });

test('an annotation that modules write differently is kept for each, behind its module’s name', async () => {
  const modules = [annotate('a', '1'), annotate('b', '2'), annotate('b', '3'), annotate('c', '1')];
  const { response } = parsed(await admit(modules, REVIEW, 'validating'));
  assert.deepEqual(response['auditAnnotations'], { k: '1', 'b.k': '2', 'b.k.2': '3' });
});

test('a change becomes one JSONPatch that touches nothing else', async () => {
  const changed = OBJECT.replace('"a":"b"', '"a":"b","magic-value":"foobar"');
  const added = '[{"op":"add","path":"/data/magic-value","value":"foobar"}]';
  const add = { op: 'add', path: '/data/magic-value', value: 'foobar' };
  const rows: [fact: string, module: AdmissionModule, patch: string | undefined][] = [
    ['Full', mutating(says(full(changed))), added],
    ['JSONPatch', mutating(says(jsonPatch(add))), added],
    ['kubewarden', kubewarden(`{"accepted":true,"mutated_object":${changed}}`, { mutating: true }), added],
    ['no patch', mutating(says({ allowed: true })), undefined],
    ['an empty patch and no type', mutating(says({ allowed: true, patch: '' })), undefined],
    ['Full without change', mutating(says(full(OBJECT))), undefined],
    [
      'Full in another order',
      mutating(
        says(
          full(
            JSON.stringify({ data: { a: 'b' } }).slice(0, -1) + ',' + OBJECT.slice(1).replace('"data":{"a":"b"},', ''),
          ),
        ),
      ),
      undefined,
    ],
    ['JSONPatch without operations', mutating(says(jsonPatch())), undefined],
    [
      'JSONPatch that takes back what it does',
      mutating(says(jsonPatch(add, { op: 'remove', path: '/data/magic-value' }))),
      undefined,
    ],
    ['kubewarden without object', kubewarden({ accepted: true }, { mutating: true }), undefined],
    [
      'kubewarden with a null object',
      kubewarden({ accepted: true, mutated_object: null }, { mutating: true }),
      undefined,
    ],
    [
      'a member that Full leaves out is removed',
      mutating(says(full(OBJECT.replace(',"f":1.0', '')))),
      '[{"op":"remove","path":"/f"}]',
    ],
    [
      'a big integer that changes',
      mutating(says(full(OBJECT.replace('0993', '0995')))),
      '[{"op":"replace","path":"/big","value":9007199254740995}]',
    ],
  ];
  for (const [fact, module, patch] of rows) {
    const answer = await admit([module], REVIEW, 'mutating');
    assert.equal(answer.decision, 'allowed', `${fact}: ${answer.body}`);
    assert.equal(patchOf(parsed(answer).response), patch, fact);
  }
});

test('each mutating module reads its predecessor’s object, and the patch starts from the original', async () => {
  const read: string[] = [];
  const listening = (response: object): CallModule =>
    guest((input) => {
      read.push(input);
      return review(response);
    });
  const first = OBJECT.replace('"a":"b"', '"a":"c"');
  const policy = guest((input) => {
    read.push(input);
    return { accepted: true };
  });
  const modules = [
    mutating(says(full(first))),
    mutating(failing(), { failurePolicy: 'Ignore' }),
    mutating(listening(jsonPatch({ op: 'add', path: '/data/n', value: 1 }))),
    mutating(policy, { type: 'kubewarden' }),
    mutating(listening({ allowed: true })),
  ];
  const answer = await admit(modules, bytesOf(reviewText(OBJECT, 'v1beta1')), 'mutating');
  assert.equal(
    patchOf(parsed(answer).response),
    '[{"op":"replace","path":"/data/a","value":"c"},{"op":"add","path":"/data/n","value":1}]',
  );
  const second = first.replace('"a":"c"', '"a":"c","n":1');
  assert.equal(read[0], `{"request":${reviewText(first)}}`);
  assert.ok(read[1]?.includes(`"object":${second},"oldObject":null`));
  assert.equal(read[2], `{"request":${reviewText(second)}}`);
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

test('a kubewarden policy’s answer becomes a review', async () => {
  const rows: [fact: string, answer: object, response: object][] = [
    [
      'accepted',
      { accepted: true, message: null, code: null, mutated_object: null, audit_annotations: null, warnings: null },
      { allowed: true },
    ],
    [
      'accepted with notes',
      { accepted: true, message: 'ignored', warnings: ['w'], audit_annotations: { a: 'b' }, more: 1 },
      { allowed: true, auditAnnotations: { a: 'b' }, warnings: ['w'] },
    ],
    [
      'rejected',
      { accepted: false, message: 'm', code: 422 },
      { allowed: false, status: { status: 'Failure', message: 'm', code: 422 } },
    ],
    [
      'rejected without code',
      { accepted: false, message: 'm' },
      { allowed: false, status: { status: 'Failure', message: 'm', reason: 'Forbidden', code: 403 } },
    ],
  ];
  for (const [fact, output, response] of rows) {
    assert.deepEqual(
      parsed(await admit([kubewarden(output)], REVIEW, 'validating')).response,
      { uid: 'u1', ...response },
      fact,
    );
  }
});

const bad = (request: unknown): Uint8Array =>
  bytesOf({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request });

test('a body that is no AdmissionReview gets status 400 and says what was expected', async () => {
  const good = { uid: 'u', operation: 'CREATE', resource: { version: 'v1', resource: 'pods' } };
  const rows: [fact: string, body: Uint8Array, message: string][] = [
    ['nothing', bytesOf(''), 'unexpected end of JSON input'],
    ['cut', REVIEW.subarray(0, 300), 'unexpected end of JSON input'],
    [
      'two documents',
      bytesOf(reviewText() + reviewText()),
      `invalid character after the JSON document at byte ${REVIEW.length}`,
    ],
    [
      'deep nesting',
      bytesOf(reviewText('['.repeat(2000) + ']'.repeat(2000))),
      `nested deeper than 1000 levels at byte ${reviewText().indexOf('"object":') + 9 + 998}`,
    ],
    ['another kind', bytesOf({ kind: 'Pod', apiVersion: 'v1' }), 'kind: expected AdmissionReview, found "Pod"'],
    ['no request', bad(null), 'request: expected an object'],
    ['a request of another type', bad([]), 'request.uid: expected a string'],
    ['no uid', bad({ ...good, uid: null }), 'request.uid: expected a string'],
    ['no operation', bad({ ...good, operation: undefined }), 'request.operation: expected a string'],
    ['no resource', bad({ ...good, resource: 'pods' }), 'request.resource.version: expected a string'],
    ['a namespace of another type', bad({ ...good, namespace: 1 }), 'request.namespace: expected a string'],
    [
      'two requests',
      bytesOf(reviewText().replace('"request"', '"request":{},"request"')),
      "member 'request' occurs twice at byte 74",
    ],
    [
      'two objects',
      bytesOf(reviewText().replace('"object"', String.raw`"obj\u0065ct":{},"object"`)),
      `member 'object' occurs twice at byte ${reviewText().indexOf('"object"') + 17}`,
    ],
  ];
  const never = admitter(guest(() => assert.fail('no module is asked')));
  for (const [fact, body, message] of rows) {
    const answer = await admit([never], body, 'validating');
    assert.deepEqual([answer.status, answer.decision], [400, 'invalid'], fact);
    assert.equal(
      parsed(answer).message,
      `the request body is no AdmissionReview of admission.k8s.io: ${message}`,
      fact,
    );
  }
});
