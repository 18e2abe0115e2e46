import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit } from '../admit.ts';
import { REVIEW, DELETE, review, full, jsonPatch } from './fixtures.ts';
import { admitter, failing, guest, parsed } from '../fixtures.ts';
import type { AdmissionModule } from '../module.ts';

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
