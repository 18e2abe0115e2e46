import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missingKinds } from './kinds.ts';
import { review, verdictOf } from './requests.ts';
import { differing, policyServer, SKIPPED } from './server.ts';

suite('what policies in Rego are given (§9)', { skip: SKIPPED || (missingKinds().answers ?? false) }, () => {
  const ask = policyServer('kinds');

  async function status(id: string): Promise<{ readonly message: string; readonly code?: number }> {
    const { status: told } = verdictOf(await ask(`/validate/${id}`, review())) as {
      status: { message: string; code?: number };
    };
    return told;
  }

  test(differing('builtins', 'builtins answer as those of OPA'), async () => {
    const { message } = await status('answers');
    assert.deepEqual(JSON.parse(message), {
      date: [1970, 1, 1],
      encoded: 'a%26b%3Dc+d',
      formatted: 'text|{"a": -2, "b": 1}|7|  2.2|"quoted\\"',
      hex: '010a',
      parsed: 1_000_000_000,
      patched: { a: [2] },
      split: ['a', 'b', 'c'],
      versions: -1,
      yaml: { a: [1, 'two'] },
    });
  });

  test('a policy that needs another one can’t be loaded, and is told which', async () => {
    const { message, code } = await status('lacking');
    assert.match(
      message,
      /^WebAssembly failure: cannot rehydrate PolicyEvaluatorPre: .*Missing Rego builtins: http\.send$/,
    );
    assert.equal(code, 500);
  });
});
