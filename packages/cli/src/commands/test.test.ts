import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { commandModule, policyModule } from '../evaluate/fixtures.ts';
import { bench, POD_REQUEST } from '../evaluate/harness.ts';

const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } };
const MUTATED = { ...POD, metadata: { name: 'a', namespace: 'default', labels: { by: 'us' } } };

suite('test', () => {
  test('checks verdicts, messages, codes, warnings, settings and rules', async (t) => {
    const { write, run } = await bench(t);
    const answer = { accepted: false, message: 'no such luck', code: 418, warnings: ['mind the gap'] };
    await write('p.wasm', policyModule({ answer, metadata: {} }));
    const rejected = (more: object): object => ({ verdict: 'rejected', ...more });
    const cases = [
      { name: 'verdict', object: POD, expect: 'rejected' },
      { name: 'words', object: POD, expect: rejected({ message: 'such', code: 418, warnings: ['gap'] }) },
      { name: 'pattern', object: POD, expect: rejected({ message: '/^No .* luck$/i', mutation: false }) },
      { name: 'request', request: POD_REQUEST, expect: 'rejected' },
      { name: 'several', objects: [POD, POD], expect: 'rejected' },
      {
        name: 'update',
        object: POD,
        operation: 'UPDATE',
        oldObject: POD,
        user: { username: 'me', groups: ['g'] },
        expect: 'rejected',
      },
      { name: 'rules', object: POD, operation: 'DELETE', expect: 'skipped' },
      { name: 'other', object: { ...POD, apiVersion: 'v1', kind: 'Service' }, expect: 'skipped' },
    ];
    await write('policy-test.yml', { cases });
    const { code, stdout, stderr } = await run(['test']);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /8 passed, 0 failed/);
  });

  for (const [name, expect, problem] of [
    ['verdict', 'accepted', 'expected accepted, found rejected: no such luck'],
    ['rules', 'skipped', 'expected skipped, found rejected: no such luck'],
    ['message', { verdict: 'rejected', message: 'other' }, 'expected the message "other", found "no such luck"'],
    ['code', { verdict: 'rejected', code: 400 }, 'expected the code 400, found none'],
    ['warnings', { verdict: 'rejected', warnings: ['x'] }, 'expected the warning "x", found none'],
    ['mutation', { verdict: 'rejected', mutation: { a: 1 } }, 'expected a mutation, found none'],
  ] as const) {
    test(`says which ${name} was not met`, async (t) => {
      const { write, run } = await bench(t);
      await write('p.wasm', policyModule({ answer: { accepted: false, message: 'no such luck' }, metadata: {} }));
      await write('a.policytest.yaml', { cases: [{ name: 'c', object: POD, expect }] });
      const { code, stdout } = await run(['test']);
      assert.equal(code, 3);
      assert.ok(stdout.includes(problem), stdout);
    });
  }

  test('compares mutations with a part or a file, which --update writes', async (t) => {
    const { write, run, folder } = await bench(t);
    await write('p.wasm', policyModule({ answer: { accepted: true, mutated_object: MUTATED } }));
    const mutation = { metadata: { labels: { by: 'us' } } };
    const golden = { name: 'golden', object: POD, expect: { verdict: 'accepted', mutation: 'golden.yaml' } };
    const part = { name: 'part', object: POD, expect: { verdict: 'accepted', mutation } };
    await write('policy-test.yml', { cases: [part, golden] });
    const missing = await run(['test']);
    assert.equal(missing.code, 3);
    assert.match(missing.stdout, /golden.yaml does not exist; write it with --update/);
    assert.match((await run(['test', '--update'])).stdout, /updated {2}golden/);
    assert.match(await readFile(join(folder, 'golden.yaml'), 'utf8'), /by: us/);
    assert.equal((await run(['test'])).code, 0);
    await write('golden.yaml', { ...MUTATED, spec: {} });
    const changed = await run(['test', '--filter', 'gold']);
    assert.equal(changed.code, 3);
    assert.match(changed.stdout, /- spec: \{\}/);
  });

  test('gives a case a cluster of manifests, or none', async (t) => {
    const { write, run } = await bench(t);
    const contextAwareResources = [{ apiVersion: 'v1', kind: 'Namespace' }];
    await write(
      'p.wasm',
      policyModule({ asks: { kind: 'Namespace', name: 'web' }, metadata: { contextAwareResources } }),
    );
    await write('cluster.yaml', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
    const cases = [
      { name: 'there', object: POD, context: { manifests: 'cluster.yaml' }, expect: 'accepted' },
      { name: 'not there', object: POD, context: { manifests: [] }, expect: 'rejected' },
      { name: 'no world', object: POD, expect: { verdict: 'rejected', message: 'not available' } },
    ];
    await write('policy-test.yml', { cases });
    const { code, stdout } = await run(['test']);
    assert.equal(code, 0, stdout);
  });

  test('takes a policy that refuses its settings for one more outcome', async (t) => {
    const { write, run } = await bench(t);
    await write('p.wasm', policyModule({ settings: { valid: false, message: 'bad colour' } }));
    const expect = { verdict: 'invalid-settings', message: 'colour' };
    await write('policy-test.yml', { cases: [{ name: 'c', object: POD, settings: { colour: 1 }, expect }] });
    assert.equal((await run(['test'])).code, 0);
  });

  test('runs a module that is not annotated as its metadata file says', async (t) => {
    const { write, run } = await bench(t);
    await write('p.wasm', commandModule('{"valid":true,"accepted":true}'));
    const rules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }];
    await write('metadata.yml', { rules, mutating: false, executionMode: 'wasi' });
    const cases = [
      { name: 'asked', object: POD, expect: 'accepted' },
      { name: 'rules', object: POD, operation: 'DELETE', expect: 'skipped' },
    ];
    await write('policy-test.yml', { metadata: 'metadata.yml', cases });
    const told = await run(['test']);
    assert.match(told.stdout, /2 passed, 0 failed/, told.stdout + told.stderr);
    await write('policy-test.yml', { cases });
    assert.notEqual((await run(['test'])).code, 0, 'nobody says that it is a command');
    await write('metadata.yml', { rules, mutating: false, executionMode: 'opa' });
    await write('policy-test.yml', { metadata: 'metadata.yml', cases });
    assert.match((await run(['test'])).stderr, /has not been created using Rego, as 'opa' says/);
  });

  test('writes JUnit and TAP that no name can break', async (t) => {
    const { write, run, folder } = await bench(t);
    await write('p.wasm', policyModule());
    const name = '<a> & "b" # c\u0007';
    await write('policy-test.yml', { cases: [{ name, object: POD, expect: 'rejected' }] });
    const { stdout, code } = await run(['test', '--tap', '--junit', 'j.xml']);
    assert.equal(code, 3);
    assert.match(stdout, /^TAP version 14\n1\.\.1\nnot ok 1 - policy-test.yml: <a> & "b" \\# c\ufffd\n/);
    const xml = await readFile(join(folder, 'j.xml'), 'utf8');
    assert.match(xml, /name="&lt;a&gt; &amp; &quot;b&quot; # c\ufffd"/);
    assert.match(xml, /failures="1" errors="0"/);
  });

  test('asks policies about rendered manifests', async (t) => {
    const { write, run } = await bench(t);
    await write('no.wasm', policyModule({ answer: { accepted: false, message: 'never' }, metadata: {} }));
    const stdin =
      '---\n# Source: chart/templates/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\n';
    const { code, stdout } = await run(['test', 'no.wasm', '--manifests', '-'], { stdin });
    assert.equal(code, 3);
    assert.match(stdout, /FAIL +CREATE Pod default\/a/);
    assert.match(stdout, /skip +CREATE Service default\/s/);
    assert.match(stdout, /0 passed, 1 failed, 1 skipped/);
  });

  for (const [name, file, message] of [
    ['no cases', {}, /cases: expected a list, found nothing/],
    [
      'an unknown field',
      { cases: [{ object: POD, expect: 'accepted', colour: 1 }] },
      /cases\[0\]: unknown field 'colour'/,
    ],
    [
      'two inputs',
      { cases: [{ object: POD, file: 'x', expect: 'accepted' }] },
      /expected one of file, object, objects, request/,
    ],
    [
      'an unknown verdict',
      { cases: [{ object: POD, expect: 'allowed' }] },
      /expected one of accepted, rejected, skipped/,
    ],
  ] as const) {
    test(`refuses a file with ${name}`, async (t) => {
      const { write, run } = await bench(t);
      await write('p.wasm', policyModule());
      await write('policy-test.yml', file);
      const { code, stderr } = await run(['test']);
      assert.equal(code, 1);
      assert.match(stderr, message);
    });
  }

  test('prints the schema of its files, and says when there are none', async (t) => {
    const { run } = await bench(t);
    const schema = JSON.parse((await run(['test', '--schema'])).stdout) as { properties: object };
    assert.deepEqual(Object.keys(schema.properties), ['$schema', 'policy', 'metadata', 'settings', 'cases']);
    const none = await run(['test']);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /no files of cases/);
  });
});
