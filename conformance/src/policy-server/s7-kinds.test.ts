import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { missingKinds } from './kinds.ts';
import { review, verdictOf } from './requests.ts';
import { differing, policyServer, SKIPPED } from './server.ts';

const ISE = 'internal server error: ';
const missing = missingKinds();

/** The verdict about a request of {@link POD}. */
type Verdict = (path: string, request?: { readonly request: object }) => Promise<unknown>;

const POD = review({
  object: {
    kind: 'Pod',
    metadata: { name: 'a', annotations: { forbidden: 'x' } },
    spec: { containers: [{ name: 'c', image: 'docker.io/x' }] },
  },
});

/** Rejected by the server or the policy itself. */
function rejected(message: string, code?: number): object {
  return { allowed: false, status: { message, ...(code !== undefined && { code }) } };
}

suite('policies of each kind (§7)', { skip: SKIPPED }, () => {
  const ask = policyServer('kinds');
  const verdict: Verdict = async (path, request = POD) => verdictOf(await ask(`/${path}`, request));

  waPC(verdict);
  commands(verdict);
  rego(verdict);

  test('OPA judges raw requests, Gatekeeper does not', { skip: missing.opa ?? false }, async () => {
    const raw = async (id: string): Promise<unknown> => {
      const { response } = JSON.parse((await ask(`/validate_raw/${id}`, POD)).text) as { response: object };
      return response;
    };
    const nulls = { auditAnnotations: null, warnings: null };
    assert.deepEqual(await raw('opa'), {
      uid: 'u1',
      ...rejected('container "c" runs docker.io/x, which is not from an allowed registry', 422),
      ...nulls,
    });
    assert.deepEqual(await raw('gatekeeper'), {
      uid: 'u1',
      ...rejected(`${ISE}Gatekeeper does not support raw validation requests`, 500),
      ...nulls,
    });
  });
});

function waPC(verdict: Verdict): void {
  suite('waPC (§7.1)', () => {
    test('a policy of our SDK, in AssemblyScript', async () => {
      assert.deepEqual(
        await verdict('validate/as'),
        rejected(
          'The following annotations are not allowed: forbidden. The following mandatory annotations are missing: owner',
        ),
      );
      const good = review({ object: { metadata: { annotations: { owner: 'me' } } } });
      assert.deepEqual(await verdict('validate/as', good), { allowed: true });
      assert.deepEqual(
        await verdict('validate/as-picky'),
        rejected(
          'Policy settings are invalid: unknown setting surprise: known are mandatory_annotations, denied_annotations',
          500,
        ),
      );
    });

    test('a policy of the Rust SDK', { skip: missing['rust-sdk'] ?? false }, async () => {
      assert.deepEqual(
        await verdict('validate/rust-picky'),
        rejected('Policy settings are invalid: label must be set', 500),
      );
      const { status } = (await verdict('validate/rust')) as { status: { message: string; code: number } };
      assert.ok(status.message.startsWith(`${ISE}Guest call failure: `), status.message);
      assert.equal(status.code, 500);
    });
  });
}

function commands(verdict: Verdict): void {
  suite('commands of WASI (§7.2)', () => {
    test('a policy of the Go SDK', { skip: missing['go-sdk'] ?? false }, async () => {
      assert.deepEqual(
        await verdict('validate/go-picky'),
        rejected('Policy settings are invalid: label must be set', 500),
      );
      const { allowed, status } = (await verdict('validate/go')) as { allowed: boolean; status: { code: number } };
      assert.deepEqual([allowed, status.code], [false, 500], 'its question is refused');
    });

    test('a command in C answers, mutates and fails', { skip: missing.c ?? false }, async () => {
      const patch = Buffer.from('[{"op":"remove","path":"/metadata/name"}]').toString('base64');
      const rows: [path: string, verdict: object][] = [
        ['validate/c-yes', { allowed: true, warnings: ['careful'], auditAnnotations: { a: 'b' } }],
        ['validate/c-no', rejected('no', 418)],
        ['validate/c-mutates', { allowed: true, patchType: 'JSONPatch', patch }],
        ['audit/c-mutates', { allowed: true, patchType: 'JSONPatch', patch }],
        ['validate/c-exits', rejected('out of luck', 500)],
        ['validate/c-exits-0', { allowed: true }],
        ['validate/c-traps', rejected('oh', 500)],
        ['validate/c-picky', rejected('Policy settings are invalid: too picky', 500)],
      ];
      for (const [path, expected] of rows) assert.deepEqual(await verdict(path, review()), expected, path);
    });

    test('output that is no answer rejects', { skip: missing.c ?? false }, async () => {
      for (const id of ['c-garbage', 'c-silent']) {
        const { status } = (await verdict(`validate/${id}`)) as { status: { message: string; code: number } };
        assert.ok(
          status.message.startsWith(`${ISE}Cannot deserialize policy validation response: `),
          `${id}: ${status.message}`,
        );
        assert.equal(status.code, 500);
      }
    });

    test(
      differing('silent-command', 'a command that fails without a word is spoken for'),
      {
        skip: missing.c ?? false,
      },
      async () => {
        assert.deepEqual(await verdict('validate/c-exits-mute'), rejected(`${ISE}exited with code 3`, 500));
        assert.deepEqual(
          await verdict('validate/c-spins'),
          rejected('Policy execution interrupted because it exceeded the allowed execution time', 500),
        );
      },
    );
  });
}

function rego(verdict: Verdict): void {
  suite('OPA and Gatekeeper (§7.3, §7.4)', { skip: missing.opa ?? false }, () => {
    test('settings are the data of an OPA policy', async () => {
      assert.deepEqual(
        await verdict('validate/opa'),
        rejected('container "c" runs docker.io/x, which is not from an allowed registry', 422),
      );
      assert.deepEqual(await verdict('validate/opa-unset'), { allowed: true });
      assert.deepEqual(await verdict('audit/opa-unset'), { allowed: true });
    });

    test('settings are the parameters of Gatekeeper', async () => {
      assert.deepEqual(await verdict('validate/gatekeeper'), rejected('you must provide labels: {"team"}'));
      const labelled = review({ object: { metadata: { labels: { team: 'a' } } } });
      assert.deepEqual(await verdict('validate/gatekeeper', labelled), { allowed: true });
    });

    test(differing('strict-gatekeeper', 'a result that is no list of violations rejects'), async () => {
      assert.deepEqual(
        await verdict('validate/not-gatekeeper'),
        rejected(`${ISE}cannot interpret Gatekeeper policy result`, 500),
      );
    });
  });
}
