import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constrain, type Constraints } from './constrain.ts';
import { type PolicyResponse, rejection, renderResponse } from './response.ts';

const NOTES = '"auditAnnotations":null,"warnings":null';
const HEAD = '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":';

test('an answer has the members in their order, and its nulls', () => {
  const rows: [response: PolicyResponse, text: string][] = [
    [{ uid: 'u', allowed: true }, `{"uid":"u","allowed":true,${NOTES}}`],
    [
      { uid: '"', allowed: true, patch: 'W10=' },
      `{"uid":"\\"","allowed":true,"patchType":"JSONPatch","patch":"W10=",${NOTES}}`,
    ],
    [rejection('u', 'm', 500), `{"uid":"u","allowed":false,"status":{"message":"m","code":500},${NOTES}}`],
    [rejection('u', 'm'), `{"uid":"u","allowed":false,"status":{"message":"m"},${NOTES}}`],
    [
      { uid: 'u', allowed: true, auditAnnotations: [['__proto__', 'v']], warnings: ['w'] },
      '{"uid":"u","allowed":true,"auditAnnotations":{"__proto__":"v"},"warnings":["w"]}',
    ],
    [
      {
        uid: 'u',
        allowed: false,
        status: {
          code: 1,
          details: { causes: [{ field: null, message: 'c', reason: null }], retryAfterSeconds: 3, name: 'n' },
          reason: 'r',
          message: 'm',
          status: 'Failure',
        },
      },
      `{"uid":"u","allowed":false,"status":{"status":"Failure","message":"m","reason":"r","details":{"name":"n","causes":[{"reason":null,"message":"c","field":null}],"retryAfterSeconds":3},"code":1},${NOTES}}`,
    ],
    [
      { uid: 'u', allowed: false, status: { details: { causes: [] } } },
      `{"uid":"u","allowed":false,"status":{"details":{}},${NOTES}}`,
    ],
  ];
  for (const [response, text] of rows) {
    assert.equal(renderResponse(response, false), `${HEAD}${text}}`);
    assert.equal(renderResponse(response, true), `{"response":${text}}`);
  }
});

test('what the configuration makes of a verdict', () => {
  const protect: Constraints = { id: 'p', mode: 'protect', allowedToMutate: false, message: undefined };
  const mutates =
    'Request rejected by policy p. The policy attempted to mutate the request, but it is currently configured to not allow mutations.';
  const notes = { warnings: ['w'], auditAnnotations: [['k', 'v']] } as const;
  const rows: [fact: string, verdict: object, constraints: Partial<Constraints>, answer: object][] = [
    ['a yes stays', { allowed: true, ...notes }, {}, { allowed: true, ...notes }],
    ['a no stays', { allowed: false, status: { code: 1 } }, {}, { allowed: false, status: { code: 1 } }],
    [
      'monitor allows and keeps notes',
      { allowed: false, patch: 'W10=', status: { message: 'm' }, ...notes },
      { mode: 'monitor', message: 'x' },
      { allowed: true, ...notes },
    ],
    [
      'a forbidden mutation',
      { allowed: true, patch: 'W10=', ...notes },
      {},
      { allowed: false, status: { message: mutates }, ...notes },
    ],
    [
      'an allowed mutation',
      { allowed: true, patch: 'W10=' },
      { allowedToMutate: true },
      { allowed: true, patch: 'W10=' },
    ],
    [
      'words in place of the policy’s',
      { allowed: false, status: { message: 'm', code: 7, details: { name: 'n' } } },
      { message: 'x' },
      {
        allowed: false,
        status: {
          message: 'x',
          code: 7,
          details: { name: 'n', causes: [{ reason: null, message: 'm', field: null }] },
        },
      },
    ],
    [
      'words where the policy has none',
      { allowed: false },
      { message: 'x' },
      { allowed: false, status: { message: 'x', details: { causes: [{ reason: null, message: '', field: null }] } } },
    ],
    [
      'words for a forbidden mutation',
      { allowed: true, patch: 'W10=' },
      { message: 'x' },
      {
        allowed: false,
        status: { message: 'x', details: { causes: [{ reason: null, message: mutates, field: null }] } },
      },
    ],
    [
      'no words for a yes',
      { allowed: true, status: { message: 'm' } },
      { message: 'x' },
      { allowed: true, status: { message: 'm' } },
    ],
  ];
  for (const [fact, verdict, constraints, answer] of rows) {
    const made = constrain({ uid: 'u', allowed: false, ...verdict }, { ...protect, ...constraints });
    assert.deepEqual(JSON.parse(JSON.stringify(made)), { uid: 'u', ...answer }, fact);
  }
});
