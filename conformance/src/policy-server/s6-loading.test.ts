import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { review, verdictOf } from './requests.ts';
import { ALWAYS, differing, policyServer, SKIPPED, start } from './server.ts';

suite('policies that can’t be loaded (§6)', { skip: SKIPPED }, () => {
  const ask = policyServer();

  async function message(path: string): Promise<string> {
    const verdict = verdictOf(await ask(path, review())) as {
      allowed: boolean;
      status: { message: string; code: number };
    };
    assert.deepEqual([verdict.allowed, verdict.status.code], [false, 500]);
    return verdict.status.message;
  }

  test('answer with their error', async () => {
    const rows: [id: string, text: RegExp][] = [
      ['picky', /^Policy settings are invalid: too picky$/],
      ['curt', /^Policy settings are invalid: no message$/],
      [
        'unspoken',
        /^bootstrap failure: .*Policy is missing protocol version, which is required for KubewardenWapc execution mode$/,
      ],
      ['newer', /^bootstrap failure: .*Policy required Kubewarden version 99\.1\.0 but is running on \d/],
      ['wrong_url', /^bootstrap failure: .*Error while downloading policy 'wrong_url' from .*not-there/],
    ];
    for (const [id, text] of rows) assert.match(await message(`/validate/${id}`), text);
  });

  test('answer so in audits and in monitor mode as well', async () => {
    assert.equal(await message('/audit/picky'), 'Policy settings are invalid: too picky');
    assert.equal(await message('/validate/monitored-picky'), 'Policy settings are invalid: too picky');
  });

  test(differing('accepted-anyway', 'keep nothing from the namespace that is always accepted'), async () => {
    for (const id of ['wrong_url', 'unspoken', 'g-broken']) {
      assert.deepEqual(verdictOf(await ask(`/validate/${id}`, review({ namespace: ALWAYS }))), { allowed: true }, id);
    }
  });

  test('don’t keep a policy for an older server from serving', async () => {
    assert.deepEqual(verdictOf(await ask('/validate/older', review())), { allowed: true });
  });

  test(differing('broken-member', 'reject for their group'), async () => {
    assert.equal(await message('/validate/g-broken'), 'Policy settings are invalid: too picky');
  });

  test(
    'end the start of a server that is not told to go on',
    { skip: process.env['OSTIARY_CONFORMANCE_URL'] !== undefined },
    async () => {
      await assert.rejects(
        start({ env: { KUBEWARDEN_CONTINUE_ON_ERRORS: 'false' } }).then(({ stop }) => stop()),
        /Policy settings are invalid: too picky/,
      );
    },
  );
});
