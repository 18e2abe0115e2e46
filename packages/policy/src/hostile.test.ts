import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { admit } from './admit.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { admitter, authenticator, authorizer, bytesOf, parsed } from './fixtures.ts';
import type { CallModule } from './module.ts';

const TOKEN_REVIEW = bytesOf({
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenReview',
  spec: { token: 't0k3n-t0k3n' },
});
const ACCESS_REVIEW = bytesOf({
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  spec: { nonResourceAttributes: {} },
});
const ADMISSION_REVIEW = bytesOf({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: 'u',
    operation: 'CREATE',
    resource: { group: '', version: 'v1', resource: 'pods' },
    object: { a: 1 },
  },
});

/** Values near the right shape: the names of the contract, with whatever below them. */
const name = fc.constantFrom(
  'response',
  'error',
  'status',
  'allowed',
  'authenticated',
  'user',
  'username',
  'uid',
  'accepted',
  'patch',
  'patchType',
  'mutated_object',
  'Allowed',
  '__proto__',
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false, 0, 1e300, '', 'u', 'Full', 'e30='),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
}));
const output = fc.oneof(fc.uint8Array(), fc.json().map(bytesOf), value.map(bytesOf));

function answering(bytes: Uint8Array): CallModule {
  return () => ({ ok: true, output: bytes, micros: 1 });
}

test('whatever a guest writes, every gate answers, and grants only to an answer that says so', async () => {
  await fc.assert(
    fc.asyncProperty(output, async (bytes) => {
      const call = answering(bytes);
      const text = new TextDecoder().decode(bytes);
      const authn = await authenticate([authenticator(call)], TOKEN_REVIEW);
      assert.ok(parsed(authn).status['authenticated'] === false || text.includes('username'), authn.body);
      const authz = await authorize([authorizer(call)], ACCESS_REVIEW);
      assert.ok(parsed(authz).status['allowed'] === false || /allowed/i.test(text), authz.body);
      for (const mutating of [true, false]) {
        const phase = mutating ? 'mutating' : 'validating';
        const wasi = await admit([admitter(call, { mutating })], ADMISSION_REVIEW, phase);
        assert.equal(parsed(wasi).response['allowed'], false, wasi.body);
        const policy = await admit([admitter(call, { mutating, type: 'kubewarden' })], ADMISSION_REVIEW, phase);
        assert.ok(parsed(policy).response['allowed'] === false || /"accepted":true/.test(text), policy.body);
      }
    }),
    { numRuns: 2000 },
  );
});

test('whatever a body holds, every gate answers; a damaged review is status 400 or still a review', async () => {
  const yes = answering(bytesOf({ response: { status: { allowed: true } } }));
  const damaged = fc
    .tuple(fc.constantFrom(TOKEN_REVIEW, ACCESS_REVIEW, ADMISSION_REVIEW), fc.nat(), fc.nat(255))
    .map(([bytes, at, byte]) => {
      const copy = bytes.slice();
      copy[at % copy.length] = byte;
      return copy;
    });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array(), damaged), async (body) => {
      const answers = [
        await authenticate([authenticator(yes)], body),
        await authorize([authorizer(yes)], body),
        await admit([admitter(yes)], body, 'validating'),
      ];
      for (const answer of answers) assert.equal(answer.status === 400, answer.decision === 'invalid');
      assert.ok(answers.filter((answer) => answer.status === 200).length <= 1);
    }),
    { numRuns: 2000 },
  );
});

test('an answer as large as a guest may write is read in bounded time', async () => {
  const megabytes = 8 * 1024 * 1024;
  const rows: [fact: string, text: string][] = [
    ['open brackets', '['.repeat(megabytes)],
    ['a long string', `"${'x'.repeat(megabytes)}"`],
    ['a long number', '1'.repeat(megabytes)],
    ['many elements', `[${'0,'.repeat(megabytes / 2)}0]`],
    ['many empty objects', `{"response":[${'{},'.repeat(megabytes / 3)}{}]}`],
    ['white space', ' '.repeat(megabytes)],
    ['a long error', JSON.stringify({ error: 'x'.repeat(megabytes) })],
  ];
  for (const [fact, text] of rows) {
    const start = performance.now();
    const answer = await admit([admitter(answering(bytesOf(text)))], ADMISSION_REVIEW, 'validating');
    assert.equal(answer.decision, 'error', fact);
    assert.ok(answer.body.length < 10_000 && performance.now() - start < 3000, fact);
  }
});
