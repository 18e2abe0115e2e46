import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { heard, review, verdictOf } from './requests.ts';
import { ALWAYS, differing, policyServer, SKIPPED } from './server.ts';

const NO = 'the policy says no';
const PATCH = Buffer.from('[{"op":"add","path":"/metadata/labels","value":{"a/b":"c"}}]').toString('base64');
const ISE = 'internal server error: ';

suite('from a verdict to an answer (§5)', { skip: SKIPPED }, () => {
  const ask = policyServer();

  test('what a policy says is answered', async () => {
    const cause = (message: string): object => ({ causes: [{ reason: null, message, field: null }] });
    const forbidden = (id: string): string =>
      `Request rejected by policy ${id}. The policy attempted to mutate the request, but it is currently configured to not allow mutations.`;
    const rows: [path: string, verdict: object][] = [
      ['validate/yes', { allowed: true }],
      ['validate/no', { allowed: false, status: { message: NO } }],
      ['validate/no-code', { allowed: false, status: { message: NO, code: 418 } }],
      ['validate/no-message', { allowed: false, status: { message: 'ask the owner', details: cause(NO), code: 418 } }],
      ['validate/monitored-no', { allowed: true, auditAnnotations: { key: 'value' }, warnings: ['careful'] }],
      ['validate/mutates', { allowed: true, patchType: 'JSONPatch', patch: PATCH, warnings: ['changed'] }],
      ['validate/mutates-no', { allowed: false, patchType: 'JSONPatch', patch: PATCH, status: { message: NO } }],
      ['validate/monitored-mutates', { allowed: true, warnings: ['changed'] }],
      [
        'validate/mutates-forbidden',
        { allowed: false, status: { message: forbidden('mutates-forbidden') }, warnings: ['changed'] },
      ],
      [
        'validate/mutates-forbidden-message',
        {
          allowed: false,
          status: { message: 'ask the owner', details: cause(forbidden('mutates-forbidden-message')) },
          warnings: ['changed'],
        },
      ],
      [
        'validate/erring',
        { allowed: false, status: { message: `${ISE}Guest call failure: the guest is sorry`, code: 500 } },
      ],
      [
        'validate/erring-message',
        {
          allowed: false,
          status: {
            message: 'ask the owner',
            details: cause(`${ISE}Guest call failure: the guest is sorry`),
            code: 500,
          },
        },
      ],
      [
        'validate/endless',
        {
          allowed: false,
          status: { message: 'Policy execution interrupted because it exceeded the allowed execution time', code: 500 },
        },
      ],
    ];
    for (const [path, verdict] of rows) assert.deepEqual(verdictOf(await ask(`/${path}`, review())), verdict, path);
  });

  test('an audit gets the policy’s own verdict', async () => {
    const rows: [path: string, verdict: object][] = [
      [
        'audit/monitored-no',
        { allowed: false, status: { message: NO }, auditAnnotations: { key: 'value' }, warnings: ['careful'] },
      ],
      ['audit/no-message', { allowed: false, status: { message: NO, code: 418 } }],
      ['audit/mutates-forbidden', { allowed: true, patchType: 'JSONPatch', patch: PATCH, warnings: ['changed'] }],
      ['audit/monitored-mutates', { allowed: true, patchType: 'JSONPatch', patch: PATCH, warnings: ['changed'] }],
    ];
    for (const [path, verdict] of rows) assert.deepEqual(verdictOf(await ask(`/${path}`, review())), verdict, path);
  });

  test('an object that is not there can’t be changed; one that stays the same has no patch', async () => {
    const deletion = review({ operation: 'DELETE', object: null, oldObject: {} });
    assert.deepEqual(verdictOf(await ask('/validate/mutates', deletion)), {
      allowed: false,
      status: {
        message:
          'Incoming object is null, which happens only with DELETE operations, but the policy is attempting a mutation. This is not allowed',
      },
      warnings: ['changed'],
    });
    const same = review({ object: { metadata: { name: 'a', labels: { 'a/b': 'c' } }, kind: 'Pod' } });
    assert.deepEqual(verdictOf(await ask('/validate/mutates', same)), { allowed: true, warnings: ['changed'] });
  });

  test('a raw request is what a raw policy changes', async () => {
    const { text } = await ask('/validate_raw/mutates', { request: { kind: 'Pod' } });
    const { response } = JSON.parse(text) as { response: { patch: string } };
    assert.equal(
      Buffer.from(response.patch, 'base64').toString(),
      '[{"op":"add","path":"/metadata","value":{"labels":{"a/b":"c"},"name":"a"}}]',
    );
  });

  test('the namespace that is always accepted passes unseen, audits too, unless the policy is unknown', async () => {
    const request = review({ namespace: ALWAYS });
    for (const path of ['validate/no', 'audit/no', 'validate/picky', 'validate/g-and', 'validate/mutates']) {
      assert.deepEqual(verdictOf(await ask(`/${path}`, request)), { allowed: true }, path);
    }
    assert.equal((await ask('/validate/unknown', request)).status, 404);
    const { text } = await ask('/validate_raw/no', { request: { namespace: ALWAYS } });
    assert.match(text, /"allowed":false/, 'a raw request has no namespace');
  });

  test('a policy reads the request and its settings; what is null is left out', async () => {
    const request = review({ subResource: null, oldObject: null, options: null, dryRun: false });
    assert.deepEqual(heard(await ask('/validate/echo', request)), {
      request: { ...review().request, dryRun: false },
      settings: { nested: { list: [1, 'two', null] }, flag: true },
    });
    assert.deepEqual(heard(await ask('/validate/echo-unset', review())), { ...review(), settings: {} });
    assert.deepEqual(heard(await ask('/validate_raw/echo', { request: [1] })), {
      request: [1],
      settings: { nested: { list: [1, 'two', null] }, flag: true },
    });
  });

  test(differing('order-kept', 'members that nobody knows, and their order, reach the policy'), async () => {
    const request = JSON.stringify(review({ zebra: 1, ant: 2 }));
    const { text } = await ask('/validate/echo', request);
    const { response } = JSON.parse(text) as { response: { status: { message: string } } };
    assert.ok(Buffer.from(response.status.message, 'hex').toString().startsWith(request.slice(0, -1)));
  });

  test(differing('trap-message', 'a trap is told as one of the guest'), async () => {
    const { status } = verdictOf(await ask('/validate/trapping', review())) as {
      status: { message: string; code: number };
    };
    assert.ok(status.message.startsWith(`${ISE}Guest call failure: `), status.message);
    assert.equal(status.code, 500);
  });

  test(differing('strict-answers', 'an answer of the wrong shape rejects'), async () => {
    const { status } = verdictOf(await ask('/validate/garbage', review())) as {
      status: { message: string; code: number };
    };
    assert.ok(status.message.startsWith(`${ISE}invalid response from policy: `), status.message);
    assert.equal(status.code, 500);
  });
});
