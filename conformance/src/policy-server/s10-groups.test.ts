import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { review, verdictOf } from './requests.ts';
import { differing, policyServer, SKIPPED } from './server.ts';

const NO = 'the policy says no';

suite('groups of policies (§10)', { skip: SKIPPED }, () => {
  const ask = policyServer();
  const verdict = async (id: string): Promise<object> => verdictOf(await ask(`/validate/${id}`, review()));
  const rejected = (...causes: readonly (readonly [member: string, message: string])[]): object => ({
    allowed: false,
    status: {
      message: 'the group says no',
      details: {
        causes: causes.map(([member, message]) => ({ reason: null, message, field: `spec.policies.${member}` })),
      },
    },
  });

  test('decide by their expression and name the members that said no', async () => {
    const rows: [id: string, verdict: object][] = [
      ['g-and', rejected(['no', NO])],
      ['g-or', { allowed: true }],
      ['g-not', { allowed: true }],
      ['g-short', rejected(['no', NO])],
      ['g-mutates', rejected(['mutates', 'mutation is not allowed inside of policy group'])],
      ['g-erring-or', { allowed: true }],
      ['g-monitored', { allowed: true }],
    ];
    for (const [id, expected] of rows) {
      const {
        warnings: _warnings,
        auditAnnotations: _annotations,
        ...found
      } = (await verdict(id)) as Record<string, unknown>;
      assert.deepEqual(found, expected, id);
    }
  });

  test('are audited with their own verdict', async () => {
    assert.deepEqual(verdictOf(await ask('/audit/g-monitored', review())), rejected(['no', NO]));
  });

  test(differing('causes-in-order', 'name them in the order of the file'), async () => {
    for (const id of ['g-both-no', 'g-order']) {
      const { status } = (await verdict(id)) as { status: unknown };
      assert.deepEqual({ allowed: false, status }, rejected(['no', NO], ['noted', NO]), id);
    }
  });

  test(differing('expression-at-load', 'reject with code 500 when the expression is none'), async () => {
    const { status } = (await verdict('g-unknown')) as { status: { message: string; code: number } };
    assert.ok(status.message.startsWith('error evaluating policy group expression: '), status.message);
    assert.equal(status.code, 500);
  });

  test(differing('negated-failure', 'don’t allow because a member failed'), async () => {
    for (const id of ['g-not-mutates', 'g-not-erring']) {
      assert.equal(((await verdict(id)) as { allowed: boolean }).allowed, false, id);
    }
  });

  test(differing('member-notes', 'pass on what members note'), async () => {
    assert.deepEqual(await verdict('g-both-no').then((found) => (found as { warnings: unknown }).warnings), [
      'careful',
    ]);
    assert.deepEqual(await verdict('g-warns'), { allowed: true }, 'but not of members that were not asked');
  });
});
