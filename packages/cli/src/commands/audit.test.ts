import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { stringify } from 'yaml';
import type { RunDocument } from '@ostiary/audit';
import { startFakeApiServer, type FakeApiServer } from '@ostiary/kube/testing';
import { resource } from '@ostiary/kube';
import { openDesk, type Desk } from '../fixtures.ts';

const MODULE = join(import.meta.dirname, '../../../../examples/safe-annotations/build/safe-annotations.wasm');

const policy = (name: string, spec: object = {}, severity = 'high'): object => ({
  apiVersion: 'policies.kubewarden.io/v1',
  kind: 'ClusterAdmissionPolicy',
  metadata: { name, annotations: { 'io.kubewarden.policy.severity': severity } },
  spec: {
    module: `file://${MODULE}`,
    settings: { mandatory_annotations: ['owner'] },
    mutating: false,
    rules: [{ apiGroups: ['', 'apps', 'example.com'], apiVersions: ['*'], resources: ['*'], operations: ['CREATE'] }],
    ...spec,
  },
});

const object = (apiVersion: string, kind: string, name: string, metadata: object = {}): object => ({
  apiVersion,
  kind,
  metadata: { name, ...metadata },
});

/** The places of each result in a SARIF log: first its own, then those that belong to it. */
function locationsIn(sarif: string): readonly (readonly string[])[] {
  interface Location {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region: { readonly startLine: number };
    };
  }
  interface Result {
    readonly locations: readonly Location[];
    readonly relatedLocations?: readonly Location[];
  }
  const { runs } = JSON.parse(sarif) as { readonly runs: readonly { readonly results: readonly Result[] }[] };
  return (runs[0]?.results ?? []).map(({ locations, relatedLocations = [] }) =>
    [...locations, ...relatedLocations].map(
      ({ physicalLocation: { artifactLocation, region } }) => `${artifactLocation.uri}:${region.startLine}`,
    ),
  );
}

const OWNED = { annotations: { owner: 'me' } };

suite('audit of manifests', () => {
  let desk: Desk;

  before(async () => {
    desk = await openDesk();
    await desk.file('policies.yaml', stringify(policy('owned')));
    const objects = [object('v1', 'Pod', 'web', OWNED), object('apps/v1', 'Deployment', 'dep', { namespace: 'prod' })];
    await desk.file('objects.yaml', objects.map((one) => stringify(one)).join('---\n'));
  });
  after(() => desk.close());

  test('says what policies say, and ends as --fail-on wants', async () => {
    const args = ['audit', '--policies', 'policies.yaml', '--manifests', 'objects.yaml'];
    const { code, stdout, stderr } = await desk.run(...args);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /kw\.cap\.owned +evaluated +1 +1 +0/);
    assert.match(stdout, /fail \(high\) +Deployment prod\/dep +objects\.yaml:\d+ +kw\.cap\.owned +.*owner/);
    assert.equal((await desk.run(...args, '--fail-on', 'high')).code, 3);
    assert.equal((await desk.run(...args, '--fail-on', 'critical')).code, 0);
  });

  test('writes every format where it is told to', async () => {
    const formats = ['json', 'yaml', 'sarif', 'html', 'table'].flatMap((format) => [
      '--output',
      `${format}=out.${format}`,
    ]);
    const args = ['audit', '--policies', 'policies.yaml', '--manifests', 'objects.yaml'];
    assert.deepEqual(await desk.run(...args, ...formats), { code: 0, stdout: '', stderr: '' });
    const read = (format: string): Promise<string> => readFile(join(desk.folder, `out.${format}`), 'utf8');
    const [finding] = (JSON.parse(await read('json')) as RunDocument).findings;
    const text = await readFile(join(desk.folder, 'objects.yaml'), 'utf8');
    const line = text.slice(0, text.indexOf('apiVersion: apps/v1')).split('\n').length;
    assert.deepEqual([finding?.file, finding?.line], ['objects.yaml', line]);
    assert.deepEqual(locationsIn(await read('sarif')), [[`objects.yaml:${line}`]]);
    assert.match(await read('yaml'), /^schema: ostiary.dev\/audit-run\/v1/);
    assert.match(await read('html'), /<h1>Audit report/);
    const compared = await desk.run(...args, '--compare', 'out.json', '--output', 'html');
    assert.match(compared.stdout, /<strong class="">0<\/strong> new/);
  });

  test('an object is where its text is, also in a list, and where Helm has it from', async () => {
    const list = ['# a list', 'apiVersion: v1', 'kind: List', 'items:'];
    const item = (name: string): readonly string[] => [
      '  - apiVersion: v1',
      '    kind: Pod',
      `    metadata: { name: ${name} }`,
    ];
    await desk.file('list.yaml', [...list, ...item('one'), '', ...item('two'), ''].join('\n'));
    const items = ['one', 'two'].map((name) => JSON.stringify(object('v1', 'Pod', name)));
    await desk.file('list.json', `{ "apiVersion": "v1", "kind": "List", "items": [\n${items.join(',\n\n')}\n]}`);
    const rendered = ['---', '# Source: web/templates/pod.yaml', stringify(object('v1', 'Pod', 'web'))];
    const unknown = ['---', '# Source: other/templates/pod.yaml', '', stringify(object('v1', 'Pod', 'other'))];
    await desk.file('rendered.yaml', [...rendered, ...unknown].join('\n'));
    await mkdir(join(desk.folder, 'charts/web/templates'), { recursive: true });
    await desk.file('charts/web/templates/pod.yaml', '');
    const sarif = async (file: string): Promise<readonly (readonly string[])[]> => {
      const args = ['--policies', 'policies.yaml', '--manifests', file, '--output', 'sarif'];
      return locationsIn((await desk.run('audit', ...args)).stdout);
    };
    assert.deepEqual(await sarif('list.yaml'), [['list.yaml:5'], ['list.yaml:9']]);
    assert.deepEqual(await sarif('list.json'), [['list.json:2'], ['list.json:4']]);
    assert.deepEqual(await sarif('rendered.yaml'), [
      ['charts/web/templates/pod.yaml:1', 'rendered.yaml:3'],
      ['other/templates/pod.yaml:1', `rendered.yaml:${rendered.join('\n').split('\n').length + 4}`],
    ]);
  });

  test('kinds that the manifests define are known, others are guessed', async () => {
    const names = { kind: 'Fleet', plural: 'fleetz' };
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'f' },
      spec: { group: 'example.com', names, scope: 'Cluster' },
    };
    const objects = [crd, object('example.com/v1', 'Fleet', 'f'), object('example.com/v1', 'Ship', 's')];
    await desk.file('custom.yaml', objects.map((one) => stringify(one)).join('---\n'));
    await desk.file(
      'fleets.yaml',
      stringify(
        policy('fleets', {
          rules: [
            { apiGroups: ['example.com'], apiVersions: ['v1'], resources: ['fleetz', 'ships'], operations: ['*'] },
          ],
        }),
      ),
    );
    const { stdout, stderr } = await desk.run('audit', '--policies', 'fleets.yaml', '--manifests', 'custom.yaml');
    assert.match(stdout, /Fleet f .*\n.*Ship default\/s/);
    assert.match(stderr, /example.com\/v1 Ship is not known: taken for ships/);
  });

  const WRONG: readonly (readonly [args: readonly string[], code: number, message: RegExp])[] = [
    [['--policies', 'policies.yaml'], 2, /belong together/],
    [['--client-cert', 'x'], 2, /belong together/],
    [['--leader-elect'], 2, /belongs to --continuous/],
    [['--loglevel', 'loud'], 2, /expected one of debug/],
    [['--report-kind', 'openreport'], 2, /policyreport, openreports/],
    [['--output', 'pdf'], 2, /expected one of table/],
    [['--output', 'json', '--output', 'yaml'], 2, /standard output/],
    [['--page-size', '0'], 2, /from 1 to/],
    [['--policies', 'none.yaml', '--manifests', 'objects.yaml'], 1, /none\.yaml can't be read/],
    [['--policies', 'objects.yaml', '--manifests', 'objects.yaml'], 1, /expected a policy/],
    [['--policies', 'policies.yaml', '--manifests', 'policies.json'], 1, /policies\.json/],
  ];
  for (const [args, expected, message] of WRONG) {
    test(`audit ${args.join(' ')}`, async () => {
      const { code, stderr } = await desk.run('audit', ...args);
      // Commander writes what it finds wrong by itself.
      assert.equal(code, expected, stderr);
      if (stderr !== '') assert.match(stderr, message);
    });
  }
});

suite('audit of a cluster', () => {
  const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'watch'];
  const define = (apiVersion: string, kind: string, plural: string, namespaced = true) =>
    resource(apiVersion, kind, plural, { namespaced, verbs });
  const NAMESPACES = define('v1', 'Namespace', 'namespaces', false);
  const PODS = define('v1', 'Pod', 'pods');
  const POLICIES = define('policies.kubewarden.io/v1', 'ClusterAdmissionPolicy', 'clusteradmissionpolicies', false);
  const REPORTS = define('wgpolicyk8s.io/v1alpha2', 'PolicyReport', 'policyreports');
  const others = [
    define('v1', 'Service', 'services'),
    define('wgpolicyk8s.io/v1alpha2', 'ClusterPolicyReport', 'clusterpolicyreports', false),
    define('policies.kubewarden.io/v1', 'PolicyServer', 'policyservers', false),
  ];
  let desk: Desk;
  let server: FakeApiServer;
  let common: readonly string[];

  before(async () => {
    desk = await openDesk();
    server = await startFakeApiServer({ resources: [NAMESPACES, PODS, POLICIES, REPORTS, ...others] });
    const kubeconfig = {
      clusters: [{ name: 'c', cluster: { server: server.url } }],
      contexts: [{ name: 'c', context: { cluster: 'c' } }],
      'current-context': 'c',
    };
    common = ['audit', '--kubeconfig', await desk.file('kubeconfig', stringify(kubeconfig))];
    server.put(NAMESPACES, { metadata: { name: 'team' } });
    server.put(POLICIES, { ...policy('owned'), metadata: { name: 'owned' }, status: { policyStatus: 'active' } });
    server.put(PODS, { metadata: { namespace: 'team', name: 'web' } });
  });
  after(async () => {
    await server.stop();
    await desk.close();
  });

  test('logs are lines of JSON; without a policy server there are errors, which are reported', async () => {
    const { code, stdout } = await desk.run(...common, '--loglevel', '');
    assert.equal(code, 0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { message: string });
    assert.deepEqual(
      lines.map(({ message }) => message),
      ['audit begins', 'audit ends'],
    );
    const [report] = server.store.list(REPORTS, 'team');
    assert.deepEqual(report?.['summary'], { pass: 0, fail: 0, warn: 0, error: 1, skip: 0 });
    assert.equal((await desk.run(...common, '--fail-on', 'critical')).code, 3);
  });

  test('reports can be printed instead of kept', async () => {
    const before = server.store.revision();
    const { stdout } = await desk.run(...common, '-o', '--disable-store=true', '-l', 'error');
    const reports = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; results: { policy: string }[] });
    const seen = reports.map(({ kind, results: [result] }) => [kind, result?.policy]);
    assert.deepEqual(seen, [
      ['ClusterPolicyReport', 'kw.cap.owned'],
      ['PolicyReport', 'kw.cap.owned'],
    ]);
    assert.equal(server.store.revision(), before);
  });

  test('results have standard output for themselves', async () => {
    const { stdout, stderr } = await desk.run(...common, '--disable-store', '--output', 'json');
    assert.equal(JSON.parse(stdout).totals.objects, 2);
    assert.match(stderr, /audit begins/);
  });

  test('what can not be listed is a failure', async () => {
    server.inject({
      match: ({ path }) => path === '/api/v1/pods',
      times: 9,
      action: { type: 'status', status: 403, reason: 'Forbidden' },
    });
    assert.equal((await desk.run(...common, '--disable-store', '-l', 'error')).code, 1);
  });
});
