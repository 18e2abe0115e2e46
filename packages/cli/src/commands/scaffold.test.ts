import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { annotatedModule, emptyModule, openDesk, type Desk } from '../fixtures.ts';

let desk: Desk;

before(async () => {
  desk = await openDesk();
});
after(() => desk.close());

describe('scaffold manifest', () => {
  test('a policy that is not stored is fetched', async () => {
    const image = `${desk.registry.host}/scaffold/p:v1`;
    await desk.run('push', await desk.file('p.wasm', annotatedModule()), image);
    const { code, stdout, stderr } = await desk.run(
      'scaffold',
      'manifest',
      '--type=ClusterAdmissionPolicy',
      '--settings-json={"a":[1]}',
      image,
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(parse(stdout), {
      apiVersion: 'policies.kubewarden.io/v1',
      kind: 'ClusterAdmissionPolicy',
      metadata: { name: 'no-latest', annotations: { 'io.kubewarden.policy.severity': 'high' } },
      spec: {
        module: `registry://${image}`,
        settings: { a: [1] },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
        mutating: false,
      },
    });
    assert.match((await desk.run('policies')).stdout, /scaffold\/p:v1/);
  });

  const reads = { contextAwareResources: [{ apiVersion: 'v1', kind: 'Namespace' }] };
  const cases = [
    {
      type: 'ClusterAdmissionPolicy',
      flags: ['--allow-context-aware'],
      granted: reads.contextAwareResources,
      warns: false,
    },
    { type: 'ClusterAdmissionPolicy', flags: [], granted: undefined, warns: true },
    { type: 'AdmissionPolicy', flags: ['--allow-context-aware'], granted: undefined, warns: true },
  ];
  for (const { type, flags, granted, warns } of cases) {
    test(`a policy that reads the cluster as ${type} ${flags.join(' ')}`, async () => {
      const file = await desk.file('reads.wasm', annotatedModule(1, reads));
      const { stdout, stderr } = await desk.run('scaffold', 'manifest', '-t', type, ...flags, file);
      const { spec } = parse(stdout) as { readonly spec: Readonly<Record<string, unknown>> };
      assert.deepEqual(spec['contextAwareResources'], granted);
      assert.equal(stderr.includes('reads resources of the cluster (v1/Namespace)'), warns);
    });
  }

  test('what is wrong is named, and the exit code says whose fault it is', async () => {
    const plain = await desk.file('plain.wasm', emptyModule());
    const good = await desk.file('good.wasm', annotatedModule());
    await desk.file('s.yml', 'a: 1');
    const table: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['-t', 'AdmissionPolicy', plain], 1, /no metadata/],
      [['-t', 'Policy', good], 2, /Allowed choices/],
      [[good], 2, /--type/],
      [['-t', 'AdmissionPolicy', '--title', 'Bad_Name', good], 1, /can't be the name of a resource/],
      [['-t', 'AdmissionPolicy', '--settings-json', '[]', good], 1, /settings of a policy are an object/],
      [['-t', 'AdmissionPolicy', '--settings-json', '{}', '-s', 's.yml', good], 2, /cannot be used with/],
    ];
    for (const [args, expected, message] of table) {
      const { code, stderr } = await desk.run('scaffold', 'manifest', ...args);
      assert.match(stderr, message);
      assert.equal(code, expected);
    }
  });
});

describe('scaffold admission-request', () => {
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } };

  async function scaffolded(...args: readonly string[]) {
    const { code, stdout, stderr } = await desk.run('scaffold', 'admission-request', ...args);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  }

  test('works without a cluster and leaves the input as it is', async () => {
    const file = await desk.file('web.json', JSON.stringify(object));
    const request = await scaffolded('-o', 'CREATE', '--object', file);
    assert.equal(request['uid'], '705ab4f5-6393-11e8-b7cc-42010a800002');
    assert.deepEqual(request['userInfo'], { username: 'test-user', groups: ['system:masters'] });
    assert.deepEqual(request['resource'], { group: 'apps', version: 'v1', resource: 'deployments' });
    assert.equal(request['namespace'], 'default');
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), object);
  });

  test('UPDATE and DELETE have old objects', async () => {
    const file = await desk.file('new.yml', 'apiVersion: v1\nkind: Pod\nmetadata: {name: new}\n');
    const old = await desk.file('old.yml', 'apiVersion: v1\nkind: Pod\nmetadata: {name: old}\n');
    const update = await scaffolded('-o', 'UPDATE', '--object', file, '--old-object', old);
    assert.ok('object' in update && 'oldObject' in update);
    const remove = await scaffolded('-o', 'DELETE', '--old-object', old);
    assert.equal(remove['name'], 'old');
    assert.ok(!('object' in remove) && 'oldObject' in remove);
    assert.equal((await desk.run('scaffold', 'admission-request', '-o', 'CREATE')).code, 2);
  });
});

const VAP = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  failurePolicy: Fail
  paramKind: {apiVersion: rules.example.com/v1, kind: ReplicaLimit}
  matchConstraints:
    matchPolicy: Equivalent
    objectSelector: {matchLabels: {a: b}}
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  matchConditions: [{name: x, expression: 'true'}]
  variables: [{name: n, expression: object.spec.replicas}]
  validations: [{expression: variables.n <= 5}]
`;
const BINDING = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: replicas-binding, uid: gone, labels: {team: a}}
spec:
  policyName: replicas
  paramRef: {name: limit, parameterNotFoundAction: Deny}
  matchResources: {namespaceSelector: {matchLabels: {environment: test}}}
`;

describe('scaffold vap', () => {
  async function convert(vap: string, binding: string, ...flags: readonly string[]) {
    await desk.file('vap.yml', vap);
    await desk.file('binding.yml', binding);
    return desk.run('scaffold', 'vap', '-p', 'vap.yml', '-b', 'binding.yml', ...flags);
  }

  test('policy and binding become one ClusterAdmissionPolicy', async () => {
    const { code, stdout, stderr } = await convert(
      VAP,
      BINDING,
      '--cel-policy',
      'ghcr.io/kubewarden/policies/cel-policy:v1.5.0',
    );
    assert.equal(code, 0, stderr);
    assert.equal(stderr, 'warn: matchConditions has no counterpart in a policy and is left out\n');
    assert.deepEqual(parse(stdout), {
      apiVersion: 'policies.kubewarden.io/v1',
      kind: 'ClusterAdmissionPolicy',
      metadata: { name: 'replicas-binding', labels: { team: 'a' } },
      spec: {
        module: 'ghcr.io/kubewarden/policies/cel-policy:v1.5.0',
        settings: {
          failurePolicy: 'Fail',
          paramKind: { apiVersion: 'rules.example.com/v1', kind: 'ReplicaLimit' },
          paramRef: { name: 'limit', parameterNotFoundAction: 'Deny' },
          variables: [{ name: 'n', expression: 'object.spec.replicas' }],
          validations: [{ expression: 'variables.n <= 5' }],
        },
        rules: [
          { apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['CREATE', 'UPDATE'] },
        ],
        mutating: false,
        matchPolicy: 'Equivalent',
        namespaceSelector: { matchLabels: { environment: 'test' } },
        objectSelector: { matchLabels: { a: 'b' } },
      },
    });
  });

  test('the latest version of the module is warned about', async () => {
    assert.match(
      (await convert(VAP, BINDING)).stderr,
      /Using the latest version of the CEL policy could lead to unexpected/,
    );
    assert.match((await convert(VAP, BINDING, '--cel-policy', 'Not An Image')).stderr, /is no image reference/);
  });

  test('parameters come in pairs, kinds are checked, both files are needed', async () => {
    const halved = BINDING.replace(/^ {2}paramRef.*\n/m, '');
    assert.match((await convert(VAP, halved)).stderr, /paramKind of the policy and paramRef of the binding/);
    assert.match((await convert(BINDING, VAP)).stderr, /expected a ValidatingAdmissionPolicy, found/);
    const { code, stderr } = await desk.run('scaffold', 'vap', '-p', 'vap.yml');
    assert.equal(code, 2);
    assert.match(stderr, /required option '-b, --binding <file>' not specified/);
  });
});

describe('scaffold artifacthub', () => {
  const METADATA = `
rules: [{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
mutating: false
annotations:
  io.kubewarden.policy.title: no-latest
  io.kubewarden.policy.version: 0.1.0
  io.kubewarden.policy.description: Forbids the tag latest.
  io.kubewarden.policy.ociUrl: ghcr.io/example/no-latest
  io.artifacthub.displayName: No latest
`;

  test('finds the usual files, takes others, and fails without any', async () => {
    const none = await desk.run('scaffold', 'artifacthub');
    assert.equal(none.code, 1);
    assert.match(none.stderr, /no metadata.yml or metadata.yaml/);
    await desk.file('metadata.yaml', METADATA);
    await desk.file('questions-ui.yml', 'questions: []');
    const found = await desk.run('scaffold', 'artifacthub');
    assert.equal(found.code, 0, found.stderr);
    const document = parse(found.stdout) as { readonly name: string; readonly annotations: Record<string, string> };
    assert.equal(document.name, 'no-latest');
    assert.equal(document.annotations['kubewarden/questions-ui'], 'questions: []');
    await desk.file('other.yml', METADATA.replace('title: no-latest', 'title: other'));
    await desk.run('scaffold', 'artifacthub', '-m', 'other.yml', '-o', 'pkg.yml', '-v', '9.9.9');
    const written = parse(await readFile(join(desk.folder, 'pkg.yml'), 'utf8')) as { readonly name: string };
    assert.equal(written.name, 'other');
  });
});

describe('scaffold verification-config', () => {
  test('trusts the Kubewarden project, and is read back as configuration', async () => {
    const { stdout } = await desk.run('scaffold', 'verification-config');
    const githubAction = { kind: 'githubAction', owner: 'kubewarden', repo: null, annotations: null };
    assert.deepEqual(parse(stdout), { apiVersion: 'v1', allOf: [githubAction], anyOf: null });
    await desk.file('config.yml', stdout);
    const image = `${desk.registry.host}/scaffold/unsigned:v1`;
    await desk.run('push', await desk.file('unsigned.wasm', annotatedModule(9)), image);
    const { stderr } = await desk.run('verify', '--verification-config-path', 'config.yml', image);
    assert.match(stderr, /missing signatures/);
  });
});

describe('new', () => {
  for (const language of ['typescript', 'go', 'rust', 'rego']) {
    test(`${language}: every placeholder is filled in`, async () => {
      const { code, stdout, stderr } = await desk.run('new', `my-${language}`, '--language', language);
      assert.equal(code, 0, stderr);
      assert.match(stdout, new RegExp(`files in my-${language}. Next:`));
      const { readdir } = await import('node:fs/promises');
      const folder = join(desk.folder, `my-${language}`);
      const files = await readdir(folder, { recursive: true, withFileTypes: true });
      const names = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
      assert.ok(names.includes(join(folder, 'policy-test.yml')) && names.includes(join(folder, '.gitignore')));
      for (const name of names) assert.ok(!(await readFile(name, 'utf8')).includes('{{'), name);
    });
  }

  test('a folder that has something in it, and a name that nothing can have, are refused', async () => {
    assert.equal((await desk.run('new', 'my-go', '--language', 'go')).code, 1);
    assert.equal((await desk.run('new', 'Bad_Name', '--language', 'go')).code, 2);
    assert.equal((await desk.runAs('kwctl', {}, 'new', 'x', '--language', 'go')).code, 2);
    const { stdout } = await desk.run('scaffold', 'policy', 'second', '-l', 'go', '--dir', 'elsewhere/second');
    assert.match(stdout, /cd elsewhere\/second/);
  });
});
