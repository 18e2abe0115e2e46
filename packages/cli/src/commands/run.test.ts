import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parse } from 'yaml';
import { policyModule } from '../evaluate/fixtures.ts';
import { bench, POD_REQUEST } from '../evaluate/harness.ts';

const REJECTS = { answer: { accepted: false, message: 'no such luck', code: 418 } };
const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } };
const SEES_NAMESPACES = { contextAwareResources: [{ apiVersion: 'v1', kind: 'Namespace' }] };

suite('run', () => {
  test('answers with a line of JSON in a pipe, for a request and for a review', async (t) => {
    const { write, run } = await bench(t);
    const policy = await write('policy.wasm', policyModule({ metadata: {} }));
    await write('request.json', POD_REQUEST);
    await write('review.json', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: POD_REQUEST });
    for (const input of ['request.json', 'review.json']) {
      const { code, stdout } = await run(['run', policy, '-r', input]);
      assert.equal(stdout, `{"uid":"${POD_REQUEST.uid}","allowed":true,"auditAnnotations":null,"warnings":null}\n`);
      assert.equal(code, 0);
    }
  });

  test('tells a rejection by its exit code, except as kwctl', async (t) => {
    const { write, run } = await bench(t);
    const policy = await write('policy.wasm', policyModule(REJECTS));
    const stdin = JSON.stringify(POD_REQUEST);
    const found = await run(['run', policy, '-r', '-'], { stdin });
    assert.equal(found.code, 3);
    assert.match(found.stdout, /"allowed":false,"status":\{"message":"no such luck","code":418\}/);
    assert.equal((await run(['run', policy, '-r', '-'], { stdin, program: 'kwctl' })).code, 0);
  });

  test('builds requests around objects of several documents', async (t) => {
    const { write, run } = await bench(t);
    const policy = await write('policy.wasm', policyModule());
    await write(
      'objects.yaml',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n# nothing\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b, namespace: c}\n',
    );
    const { code, stdout } = await run(['run', policy, '-r', 'objects.yaml', '-o', 'text']);
    assert.equal(code, 0);
    assert.match(stdout, /accepted {2}CREATE Pod default\/a/);
    assert.match(stdout, /accepted {2}CREATE Deployment c\/b/);
    assert.match(stdout, /2 accepted, 0 rejected/);
  });

  test('refuses settings that the policy refuses, with all of its words', async (t) => {
    const { write, run } = await bench(t);
    const message = 'ERROR: <input>:1:1\n\t| a +\n\t| ..^';
    const policy = await write('policy.wasm', policyModule({ settings: { valid: false, message } }));
    const { code, stderr } = await run(['run', policy, '-r', '-'], { stdin: '{}' });
    assert.equal(code, 1);
    assert.ok(stderr.includes(`Provided settings are not valid: ${message}`), stderr);
  });

  test('says what a request lacks', async (t) => {
    const { write, run } = await bench(t);
    const policy = await write('policy.wasm', policyModule());
    const { resource: _left, ...rest } = POD_REQUEST;
    const { code, stderr } = await run(['run', policy, '-r', '-'], { stdin: JSON.stringify(rest) });
    assert.equal(code, 1);
    assert.match(stderr, /cannot build AdmissionRequest object from given input: missing field `resource`/);
  });

  test('lets raw policies judge any JSON, by their metadata or by --raw', async (t) => {
    const { write, run } = await bench(t);
    const answer = { accepted: true, mutated_object: { user: 'tonio', colour: 'blue' } };
    await write('annotated.wasm', policyModule({ answer, metadata: { policyType: 'raw' } }));
    await write('plain.wasm', policyModule({ answer }));
    for (const args of [['annotated.wasm'], ['plain.wasm', '--raw']]) {
      const { stdout } = await run(['run', ...args, '-r', '-'], { stdin: '{"user":"tonio","uid":"u"}' });
      assert.match(stdout, /^\{"uid":"u","allowed":true,"patchType":"JSONPatch","patch":"/);
    }
  });

  test('shows a mutation as a diff on a terminal, and colours it', async (t) => {
    const { write, run } = await bench(t);
    const object = { ...POD_REQUEST.object, metadata: { name: 'nginx', labels: { a: 'b' } } };
    const policy = await write(
      'policy.wasm',
      policyModule({ answer: { accepted: true, mutated_object: object, warnings: ['careful\u001b[2J'] } }),
    );
    const { stdout } = await run(['run', policy, '-r', '-'], { stdin: JSON.stringify(POD_REQUEST), terminal: true });
    assert.ok(stdout.includes('\u001b[32m+   labels:\u001b[39m'), stdout);
    assert.ok(!stdout.includes('\u001b[2J'), 'a policy must not clear the screen');
  });

  test('fails, with another code than a rejection, when the policy breaks', async (t) => {
    const { write, run } = await bench(t);
    const policy = await write('policy.wasm', policyModule({ answer: { nonsense: true } }));
    const stdin = JSON.stringify(POD_REQUEST);
    const { code, stdout } = await run(['run', policy, '-r', '-'], { stdin });
    assert.match(stdout, /"allowed":false,"status":\{"message":"internal server error/);
    assert.equal(code, 1);
    assert.equal((await run(['run', policy, '-r', '-'], { stdin, program: 'kwctl' })).code, 0);
  });

  for (const [name, args, message] of [
    ['an unknown mode', ['-e', 'lua'], /Allowed choices are/],
    [
      'recording and replaying',
      ['--record-host-capabilities-interactions', 'a', '--replay-host-capabilities-interactions', 'b'],
      /cannot be used/,
    ],
    ['no request', undefined, /required option/],
  ] as const) {
    test(`takes ${name} for wrong usage`, async (t) => {
      const { write, run } = await bench(t);
      const policy = await write('policy.wasm', policyModule());
      const { code, stderr } = await run(['run', policy, ...(args ? ['-r', '-', ...args] : [])]);
      assert.equal(code, 2);
      assert.match(stderr, message);
    });
  }

  test('takes kubewarden and kubewarden-wapc for the same mode', async (t) => {
    const { write, run } = await bench(t);
    const policy = await write('policy.wasm', policyModule());
    for (const mode of ['kubewarden', 'kubewarden-wapc']) {
      assert.equal((await run(['run', policy, '-e', mode, '-r', '-'], { stdin: JSON.stringify(POD_REQUEST) })).code, 0);
    }
  });
});

suite('run, with a world', () => {
  const asks = { kind: 'Namespace', name: 'web' };

  test('sees manifests as a cluster, records what it saw, and plays it back', async (t) => {
    const { write, run, folder } = await bench(t);
    const policy = await write('policy.wasm', policyModule({ asks, metadata: SEES_NAMESPACES }));
    await write('cluster.json', NAMESPACE);
    const stdin = JSON.stringify(POD_REQUEST);
    const record = ['--cluster-manifests', 'cluster.json', '--record-host-capabilities-interactions', 's.yaml'];
    const recorded = await run(['run', policy, '-r', '-', ...record], { stdin });
    assert.equal(recorded.code, 0, recorded.stderr + recorded.stdout);
    const session: unknown = parse(await readFile(join(folder, 's.yaml'), 'utf8'));
    assert.ok(Array.isArray(session) && session.length === 1, 'one question, one exchange');
    const replay = ['--replay-host-capabilities-interactions', 's.yaml', '--allow-context-aware'];
    assert.equal((await run(['run', policy, '-r', '-', ...replay], { stdin })).code, 0);
  });

  test('rejects in the words of a recorded error, and when a session has another question', async (t) => {
    const { write, run } = await bench(t);
    const policy = await write('policy.wasm', policyModule({ asks, metadata: SEES_NAMESPACES }));
    const request =
      '!KubernetesGetResource\napi_version: v1\nkind: Namespace\nname: web\nnamespace: null\ndisable_cache: true\n';
    const exchange = { type: 'Exchange', request, response: { type: 'Error', message: 'not found' } };
    await write('missing.yaml', [exchange]);
    await write('other.yaml', [{ ...exchange, request: request.replace('web', 'db') }]);
    const args = ['run', policy, '-r', '-', '--allow-context-aware', '--replay-host-capabilities-interactions'];
    const stdin = JSON.stringify(POD_REQUEST);
    const missing = await run([...args, 'missing.yaml'], { stdin });
    assert.equal(missing.code, 3, missing.stderr);
    assert.match(missing.stdout, /not found/);
    const other = await run([...args, 'other.yaml'], { stdin });
    assert.match(other.stdout, /"allowed":false/);
    assert.match(other.stderr, /1 recorded exchange was not asked for/);
  });

  test('refuses what is not allowed: kinds without --allow-context-aware, capabilities by pattern', async (t) => {
    const { write, run } = await bench(t);
    const policy = await write('policy.wasm', policyModule({ asks, metadata: SEES_NAMESPACES }));
    await write('empty.yaml', '[]');
    const args = ['run', policy, '-r', '-', '--replay-host-capabilities-interactions', 'empty.yaml'];
    const stdin = JSON.stringify(POD_REQUEST);
    const kinds = await run(args, { stdin });
    assert.match(kinds.stdout, /has not been granted access to Kubernetes v1\/Namespace resources/);
    assert.match(kinds.stderr, /allow it with --allow-context-aware/);
    const gated = await run([...args, '--allow-context-aware', '--allowed-host-capabilities', 'oci/*'], { stdin });
    assert.match(gated.stdout, /has not been granted access to the 'kubernetes\/get_resource' host capability/);
    const pattern = await run([...args, '--allowed-host-capabilities', 'oci*'], { stdin });
    assert.equal(pattern.code, 1);
  });
});

suite('run, with custom resources', () => {
  const policyOf = (spec: object, kind = 'ClusterAdmissionPolicy'): object => ({
    apiVersion: 'policies.kubewarden.io/v1',
    kind,
    metadata: { name: 'p' },
    spec,
  });

  test('asks each of them about the same request, in the words of its configuration', async (t) => {
    const { write, run, folder } = await bench(t);
    await write('no.wasm', policyModule({ ...REJECTS, metadata: {} }));
    const module = `file://${join(folder, 'no.wasm')}`;
    const texts = [policyOf({ module, message: 'ours' }), policyOf({ module, mode: 'monitor' })].map((each) =>
      JSON.stringify(each),
    );
    await write('policies.yaml', texts.join('\n---\n'));
    const { code, stdout, stderr } = await run(['run', 'policies.yaml', '-r', '-'], {
      stdin: JSON.stringify(POD_REQUEST),
    });
    assert.equal(code, 3);
    const [first, second] = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const causes = [{ reason: null, message: 'no such luck', field: null }];
    assert.deepEqual(first, {
      uid: POD_REQUEST.uid,
      allowed: false,
      status: { message: 'ours', details: { causes }, code: 418 },
      auditAnnotations: null,
      warnings: null,
    });
    assert.deepEqual(second, { uid: POD_REQUEST.uid, allowed: true, auditAnnotations: null, warnings: null });
    assert.match(stderr, /has 2 policies/);
  });

  test('evaluates groups', async (t) => {
    const { write, run, folder } = await bench(t);
    await write('no.wasm', policyModule({ ...REJECTS, metadata: {} }));
    await write('yes.wasm', policyModule({ metadata: {} }));
    const policies = {
      no: { module: `file://${join(folder, 'no.wasm')}` },
      yes: { module: `file://${join(folder, 'yes.wasm')}` },
    };
    const stdin = JSON.stringify(POD_REQUEST);
    for (const [expression, code] of [
      ['yes() && true', 0],
      ['no() || yes()', 0],
      ['no() && yes()', 3],
    ] as const) {
      await write('group.yaml', policyOf({ policies, expression, message: 'together' }, 'AdmissionPolicyGroup'));
      assert.equal((await run(['run', 'group.yaml', '-r', '-'], { stdin })).code, code, expression);
    }
  });

  for (const [name, document, message] of [
    ['an unknown field', policyOf({ module: 'x', colour: 1 }), /unknown field `colour`/],
    ['another kind', { apiVersion: 'v1', kind: 'Pod' }, /expected a policy/],
    ['settings that are no object', policyOf({ module: 'x', settings: [1] }), /not an object but a list/],
    [
      'an expression that names no member',
      policyOf({ policies: { a: { module: 'x' } }, expression: 1, message: 'm' }, 'AdmissionPolicyGroup'),
      /spec.expression: expected a text/,
    ],
  ] as const) {
    test(`refuses ${name}`, async (t) => {
      const { write, run } = await bench(t);
      await write('policies.yml', document);
      const { code, stderr } = await run(['run', 'policies.yml', '-r', '-'], { stdin: JSON.stringify(POD_REQUEST) });
      assert.equal(code, 1);
      assert.match(stderr, message);
    });
  }

  test('refuses --raw', async (t) => {
    const { write, run } = await bench(t);
    await write('policies.yaml', policyOf({ module: 'x' }));
    assert.equal((await run(['run', 'policies.yaml', '--raw', '-r', '-'], { stdin: '{}' })).code, 1);
  });
});
