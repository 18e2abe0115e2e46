import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { readMetadata } from '@ostiary/registry';
import { parse } from 'yaml';
import { METADATA, policyModule } from '../evaluate/fixtures.ts';
import { bench, POD_REQUEST } from '../evaluate/harness.ts';

const EXAMPLES = new URL('../../../../examples/', import.meta.url);
const example = (name: string): string => new URL(`${name}/build/${name}.wasm`, EXAMPLES).pathname;

suite('run, with modules of the gates', () => {
  const review = (kind: string, group: string, spec: object): string =>
    JSON.stringify({ apiVersion: `${group}/v1`, kind, spec });
  const access = (resource: string): string =>
    review('SubjectAccessReview', 'authorization.k8s.io', {
      user: 'magic-user',
      groups: ['magic-group'],
      resourceAttributes: { namespace: 'default', verb: 'list', version: 'v1', resource },
    });
  for (const [module, stdin, code, found] of [
    [
      'magic-authenticator',
      review('TokenReview', 'authentication.k8s.io', { token: 'magic-token' }),
      0,
      /"username":"magic-user"/,
    ],
    [
      'magic-authenticator',
      review('TokenReview', 'authentication.k8s.io', { token: 'other' }),
      3,
      /"authenticated":false/,
    ],
    ['magic-authorizer', access('configmaps'), 0, /"allowed":true/],
    ['magic-authorizer', access('secrets'), 3, /"allowed":false/],
    ['magic-mutator', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}', 0, /"patchType":"JSONPatch"/],
  ] as const) {
    test(`asks ${module}: exit code ${code}`, async (t) => {
      const { run } = await bench(t);
      const ran = await run(['run', example(module), '-r', '-'], { stdin });
      assert.equal(ran.code, code, ran.stderr);
      assert.match(ran.stdout, found);
    });
  }

  test('refuses a review of another gate', async (t) => {
    const { run } = await bench(t);
    const { code, stderr } = await run(['run', example('magic-authorizer'), '-r', '-'], {
      stdin: JSON.stringify(POD_REQUEST),
    });
    assert.equal(code, 1);
    assert.match(stderr, /exports authz, which are not asked about admission requests/);
  });
});

suite('annotate', () => {
  const YAML = 'rules: []\nmutating: false\n';

  test('writes the metadata, with the protocol that the module says it speaks, in place of older ones', async (t) => {
    const { write, run, folder } = await bench(t);
    await write('in.wasm', policyModule({ metadata: { mutating: true } }));
    await write('metadata.yml', YAML);
    await write('usage.md', '# How');
    const { code, stdout, stderr } = await run([
      'annotate',
      'in.wasm',
      '-m',
      'metadata.yml',
      '-o',
      'out.wasm',
      '-u',
      'usage.md',
    ]);
    assert.deepEqual([code, stdout], [0, ''], stderr);
    const metadata = readMetadata(await readFile(join(folder, 'out.wasm')));
    assert.equal(metadata?.protocolVersion, 'v1');
    assert.equal(metadata.mutating, false);
    assert.equal(metadata.annotations?.['io.kubewarden.policy.usage'], '# How');
    assert.ok(metadata.annotations['io.kubewarden.kwctl']);
  });

  test('warns of capabilities that declaration and data do not agree on, and goes on', async (t) => {
    const { write, run } = await bench(t);
    await write('in.wasm', policyModule({ asks: { kind: 'Namespace', name: 'web' } }));
    await write('metadata.yml', `${YAML}hostCapabilities: [oci/v2/verify, net/v1/dns_lookup_host]\n`);
    const { code, stderr } = await run(['annotate', 'in.wasm', '-m', 'metadata.yml', '-o', 'out.wasm']);
    assert.equal(code, 0);
    assert.match(stderr, /used by the policy but not declared in its metadata: kubernetes\/get_resource/);
    assert.match(
      stderr,
      /declared in the metadata but not detected in the policy: net\/v1\/dns_lookup_host, oci\/v2\/verify/,
    );
  });

  for (const [name, yaml, module, message] of [
    ['a mode of another compiler', `${YAML}executionMode: opa\n`, policyModule(), /'executionMode'/],
    ['metadata with problems, saying where', 'rules: []\n', policyModule(), /metadata.yml:1:\d+: /],
    ['bytes that are no module', YAML, new TextEncoder().encode('hello'), /not a WebAssembly module/],
  ] as const) {
    test(`refuses ${name}`, async (t) => {
      const { write, run } = await bench(t);
      await write('in.wasm', module);
      await write('metadata.yml', yaml);
      const { code, stderr } = await run(['annotate', 'in.wasm', '-m', 'metadata.yml', '-o', 'out.wasm']);
      assert.equal(code, 1);
      assert.match(stderr, message);
    });
  }
});

suite('inspect', () => {
  test('prints the metadata alone as YAML, and signatures only when they are asked for', async (t) => {
    const { write, run } = await bench(t);
    await write('p.wasm', policyModule({ metadata: {} }));
    const plain = await run(['inspect', 'p.wasm', '-o', 'yaml']);
    assert.deepEqual(parse(plain.stdout), METADATA);
    const signed = await run(['inspect', 'p.wasm', '-o', 'yaml', '--show-signatures']);
    assert.deepEqual(parse(signed.stdout), { ...METADATA, signatures: null });
  });

  test('shows how the module would run, in 80 columns', async (t) => {
    const { write, run } = await bench(t);
    await write(
      'p.wasm',
      policyModule({ metadata: { annotations: { 'io.kubewarden.policy.usage': '# Use\u001b[31m' } } }),
    );
    const { stdout, code } = await run(['inspect', 'p.wasm']);
    assert.equal(code, 0);
    // A digest stays in one piece, to be copied.
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80 || line.includes('sha256:'), line);
    assert.match(stdout, /isolation: +dirty-map/);
    assert.match(stdout, /sha256:[\da-f]{64}/);
    assert.ok(!stdout.includes('\u001b'), 'no escapes in a pipe, whoever wrote them');
  });

  test('tells what is not annotated from what is, as kwctl does', async (t) => {
    const { write, run } = await bench(t);
    await write('p.wasm', policyModule());
    assert.equal((await run(['inspect', 'p.wasm'], { program: 'kwctl' })).code, 1);
    const ours = await run(['inspect', 'p.wasm']);
    assert.equal(ours.code, 0);
    assert.match(ours.stderr, /no metadata/);
  });

  test('gives everything as JSON', async (t) => {
    const { write, run } = await bench(t);
    await write('p.wasm', policyModule({ metadata: {} }));
    const found = JSON.parse((await run(['inspect', 'p.wasm', '-o', 'json'])).stdout) as {
      module: { abi: string; isolation: object };
    };
    assert.equal(found.module.abi, 'wapc');
    assert.deepEqual(Object.keys(found.module.isolation), ['usable', 'way', 'why']);
  });
});

suite('bench', () => {
  const QUICK = ['--measurement-time', '0.05', '--warm-up-time', '0.01'];

  test('measures settings, validation, and a fresh instance', async (t) => {
    const { write, run } = await bench(t);
    await write('p.wasm', policyModule());
    const { code, stdout } = await run(['bench', 'p.wasm', '-r', '-', ...QUICK], {
      stdin: JSON.stringify(POD_REQUEST),
      program: 'kwctl',
    });
    assert.equal(code, 0);
    for (const part of ['validate_settings', 'warming up', 'validate, fresh instance', 'p99'])
      assert.ok(stdout.includes(part), part);
  });

  test('compares with an earlier result, and fails when it is slower by more than is allowed', async (t) => {
    const { write, run, folder } = await bench(t);
    await write('p.wasm', policyModule());
    const stdin = JSON.stringify(POD_REQUEST);
    const first = await run(
      ['bench', 'p.wasm', '-r', '-', ...QUICK, '-o', 'json', '--dump-results-to-disk', 'r.json'],
      { stdin },
    );
    assert.equal(first.stdout, await readFile(join(folder, 'r.json'), 'utf8'));
    const faster = JSON.parse(first.stdout) as { loops: { p50: number }[] };
    for (const loop of faster.loops) loop.p50 /= 1000;
    await write('faster.json', faster);
    const args = ['bench', 'p.wasm', '-r', '-', ...QUICK, '--compare'];
    assert.equal((await run([...args, 'r.json', '--max-regression', '1000000'], { stdin })).code, 0);
    const slower = await run([...args, 'faster.json', '--max-regression', '50'], { stdin });
    assert.equal(slower.code, 3);
    assert.match(slower.stderr, /slower than before by/);
  });

  test('fails at once when the settings are refused', async (t) => {
    const { write, run } = await bench(t);
    await write('p.wasm', policyModule({ settings: { valid: false, message: 'no' } }));
    const { code, stderr } = await run(['bench', 'p.wasm', '-r', '-', ...QUICK], {
      stdin: JSON.stringify(POD_REQUEST),
    });
    assert.equal(code, 1);
    assert.match(stderr, /Provided settings are not valid: no/);
  });
});
