import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit } from '../admit.ts';
import {
  OBJECT,
  reviewText,
  REVIEW,
  review,
  says,
  full,
  jsonPatch,
  patchOf,
  mutating,
  kubewarden,
} from './fixtures.ts';
import { bytesOf, failing, guest, parsed } from '../fixtures.ts';
import type { AdmissionModule, CallModule } from '../module.ts';

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
