import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit } from './admit.ts';
import { OBJECT, reviewText, REVIEW, review, says, kubewarden } from './admission/fixtures.ts';
import { admitter, bytesOf, failing, guest, parsed } from './fixtures.ts';
import type { AdmissionModule, Decision } from './module.ts';

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
