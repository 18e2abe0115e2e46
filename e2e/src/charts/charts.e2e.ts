import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createKubeClient, loadKubeConfig, type KubeClient } from '@ostiary/kube';
import { startCluster, type Cluster } from '../cluster.ts';
import { startKubelet, type Kubelet } from '../controller/kubelet.ts';
import { MODULE, type Loose } from '../controller/stack.ts';
import { chart, ensureHelm, helmIn, type Helm } from './helm.ts';
import { startNodes, type Nodes } from './nodes.ts';
import { REFUSED, VALUES } from './values.ts';

const NAMESPACE = 'kubewarden';
const KINDS = [
  'policyservers',
  'clusteradmissionpolicies',
  'admissionpolicies',
  'clusteradmissionpolicygroups',
  'admissionpolicygroups',
];

const AUTOSCALER = `/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers/policy-server-default`;
const NETWORK_POLICY = `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies/policy-server-default`;

let cluster: Cluster;
let client: KubeClient;
let helm: Helm;
let kubelet: Kubelet;
let nodes: Nodes;

before(async () => {
  const binary = await ensureHelm();
  cluster = await startCluster({ controllerManager: true });
  helm = helmIn(binary, cluster.dir, cluster.adminKubeconfig);
  client = createKubeClient(await loadKubeConfig({ path: cluster.adminKubeconfig }));
  await kubectl(['create', 'namespace', NAMESPACE]);
  await kubectl(['create', 'namespace', 'shop']);
  kubelet = await startKubelet(cluster, client, NAMESPACE);
  nodes = await startNodes(cluster, client, NAMESPACE);
});

after(async () => {
  await nodes?.stop();
  await kubelet?.stop();
  await client?.close();
  await cluster?.stop();
});

for (const name of ['ostiary-crds', 'ostiary'] as const) {
  test(`helm lint has nothing against ${name}`, async () => {
    const { code, stdout, stderr } = await helm(['lint', '--strict', chart(name)]);
    assert.equal(code, 0, stdout + stderr);
    assert.doesNotMatch(stdout, /\[(WARNING|ERROR)\]/);
  });
}

test('the custom resources are installed, with those of both kinds of reports', async () => {
  const text = await helmed(['install', 'ostiary-crds', chart('ostiary-crds')], { installPolicyReportCRDs: true });
  assert.doesNotMatch(text, /warning/i);
  await eventually('all kinds to be served', async () => {
    const { items } = await find('/apis/apiextensions.k8s.io/v1/customresourcedefinitions');
    return items.every(({ status }: Loose) =>
      status?.conditions?.some((one: Loose) => one.type === 'Established' && one.status === 'True'),
    );
  });
});

for (const [name, values] of Object.entries(VALUES)) {
  test(`taken by the API server: ${name}`, async () => {
    const rendered = await helm(['template', 'ostiary', chart('ostiary'), '-n', NAMESPACE], values);
    assert.equal(rendered.code, 0, rendered.stderr);
    const args = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-n', NAMESPACE, '-f', '-'];
    const { code, stderr } = await cluster.kubectl(args, { input: rendered.stdout });
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '', 'no warning');
  });
}

test('values that can not be meant are refused', async () => {
  for (const [values, said] of REFUSED) {
    const { code, stderr } = await helm(['template', 'ostiary', chart('ostiary')], values);
    assert.notEqual(code, 0);
    assert.match(stderr, said);
  }
});

test('an installed release enforces a policy, with the rights that the chart gives', async () => {
  const text = await helmed(['install', 'ostiary', chart('ostiary'), '-n', NAMESPACE], {
    recommendedPolicies: { enabled: true },
    auditScanner: { enable: false },
  });
  assert.doesNotMatch(text, /warning/i);
  await kubectl(['apply', '-f', '-'], {
    apiVersion: 'policies.kubewarden.io/v1',
    kind: 'AdmissionPolicy',
    metadata: { name: 'safe', namespace: 'shop' },
    spec: {
      module: MODULE,
      mutating: false,
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      settings: { denied_annotations: ['bad'] },
    },
  });
  await kubectl(['wait', '--for=condition=PolicyActive', '--timeout=60s', 'ap/safe', '-n', 'shop']);
  const evil = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'e', namespace: 'shop', annotations: { bad: '1' } },
  };
  const said = await eventually('a refusal', async () => {
    const { code, stderr } = await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(evil) });
    if (code === 0) await kubectl(['delete', 'configmap', 'e', '-n', 'shop']);
    return code === 0 ? undefined : stderr;
  });
  assert.match(said, /not allowed: bad/);
  const server = await find('/apis/policies.kubewarden.io/v1/policyservers/default');
  const conditions = server.status.conditions as readonly Loose[];
  assert.deepEqual(
    conditions.filter(({ status }) => status !== 'True'),
    [],
  );
  assert.doesNotMatch(nodes.logs(), /forbidden/i);
});

test('recommended policies are taken, and say why they wait for their modules', async () => {
  const { items } = await find('/apis/policies.kubewarden.io/v1/clusteradmissionpolicies');
  assert.equal(items.length, 6);
  assert.ok(items.every((one: Loose) => one.status?.policyStatus !== undefined));
});

test('an upgrade brings an autoscaler, which decides, and a network policy', async () => {
  const text = await helmed(['upgrade', 'ostiary', chart('ostiary'), '-n', NAMESPACE], {
    recommendedPolicies: { enabled: true },
    auditScanner: { enable: false },
    policyServer: {
      requests: { cpu: '100m' },
      autoscaling: { minReplicas: 2, maxReplicas: 3 },
      networkPolicy: { enabled: true, from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] },
    },
  });
  assert.doesNotMatch(text, /warning/i);
  const network = await eventually('the network policy', () => find(NETWORK_POLICY));
  assert.deepEqual(network.spec.ingress[0].from, [{ ipBlock: { cidr: '10.0.0.0/8' } }]);
  const deployment = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/policy-server-default`;
  await eventually('two replicas, though one is asked for', async () => (await find(deployment)).spec.replicas === 2);
  await kubectl(['annotate', 'policyserver', 'default', 'touched=yes']);
  await kubectl(['label', 'deployment', 'policy-server-default', '-n', NAMESPACE, 'app.kubernetes.io/part-of-']);
  await eventually('the label to be mended', async () => {
    const { metadata, spec } = await find(deployment);
    return metadata.labels['app.kubernetes.io/part-of'] === 'kubewarden' && spec.replicas === 2;
  });
  const { status } = await find('/apis/policies.kubewarden.io/v1/policyservers/default');
  const types = status.conditions.filter((one: Loose) => one.status === 'True').map(({ type }: Loose) => type);
  assert.ok(types.includes('AutoscalerReconciled') && types.includes('NetworkPolicyReconciled'), types.join());
});

test('an upgrade changes what is asked for, and nothing else', async () => {
  const text = await helmed(['upgrade', 'ostiary', chart('ostiary'), '-n', NAMESPACE], {
    auditScanner: { enable: true },
    logLevel: 'debug',
    policyServer: { replicaCount: 2, maxUnavailable: 1 },
  });
  assert.doesNotMatch(text, /warning/i);
  await eventually('two pods, and the recommended policies gone', async () => {
    const { items } = await find('/apis/policies.kubewarden.io/v1/clusteradmissionpolicies');
    const ready = [...kubelet.pods().values()].filter(({ isReady }) => isReady);
    return items.length === 0 && ready.length === 2 && nodes.controllers().length === 1;
  });
  await eventually('what is not asked for any more to be gone', async () => {
    const gone = await Promise.all([find(AUTOSCALER), find(NETWORK_POLICY)]);
    return gone.every((one) => one === undefined);
  });
  await eventually('a budget', () =>
    find(`/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets/policy-server-default`),
  );
  await kubectl(['wait', '--for=condition=PolicyActive', '--timeout=60s', 'ap/safe', '-n', 'shop']);
});

test('an audit that stays takes the place of the job, and may do what it must', async () => {
  await helmed(['upgrade', 'ostiary', chart('ostiary'), '-n', NAMESPACE, '--reuse-values'], {
    auditScanner: { continuous: { enable: true, replicas: 2 } },
  });
  const { spec } = await find(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/audit-scanner`);
  assert.equal(spec.replicas, 2);
  assert.equal(await find(`/apis/batch/v1/namespaces/${NAMESPACE}/cronjobs/audit-scanner`), undefined);
  const may = (...what: readonly string[]): Promise<string> =>
    kubectl(['auth', 'can-i', ...what, `--as=system:serviceaccount:${NAMESPACE}:audit-scanner`]);
  assert.match(await may('create', 'leases', '-n', NAMESPACE), /yes/);
  for (const verb of ['get', 'update']) assert.match(await may(verb, 'leases/ostiary-audit', '-n', NAMESPACE), /yes/);
  for (const verb of ['list', 'watch']) assert.match(await may(verb, 'customresourcedefinitions'), /yes/);
});

test('an uninstall leaves no webhook, no finalizer and nothing that is stuck', async () => {
  const own = { apiVersion: 'policies.kubewarden.io/v1', kind: 'PolicyServer', metadata: { name: 'own' } };
  await kubectl(['apply', '-f', '-'], { ...own, spec: { image: 'ghcr.io/ostiary/ostiary:v1', replicas: 1 } });
  const deployment = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/policy-server-own`;
  await eventually('a server that the chart did not make', () => find(deployment));
  await helmed(['uninstall', 'ostiary', '-n', NAMESPACE, '--timeout=100s']);
  for (const kind of ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations']) {
    const { items } = await find(`/apis/admissionregistration.k8s.io/v1/${kind}`);
    assert.deepEqual(items, []);
  }
  for (const kind of KINDS) {
    const { items } = await find(`/apis/policies.kubewarden.io/v1/${kind}`);
    const held = items.filter(({ metadata }: Loose) => (metadata.finalizers ?? []).length > 0);
    assert.deepEqual(held, [], kind);
  }
  assert.match(await kubectl(['get', 'ap', 'safe', '-n', 'shop', '-o', 'name']), /safe/, 'what people made stays');
  const { status } = await find('/apis/policies.kubewarden.io/v1/namespaces/shop/admissionpolicies/safe');
  assert.equal(status.policyStatus, 'pending');
  assert.equal(status.conditions.find((one: Loose) => one.type === 'PolicyActive').reason, 'ControllerRemoved');
  assert.ok(await find(deployment), 'and runs on');
  await kubectl(['delete', 'policyserver', 'own', '--timeout=20s']);
  await eventually('everything of the stack to be collected', async () => {
    const left = await kubectl([
      'get',
      'deploy,svc,cm,secret,sa,role,rolebinding,pdb,hpa,netpol,lease,job',
      '-n',
      NAMESPACE,
      '-o',
      'name',
    ]);
    return (
      left.split('\n').filter((line) => line !== '' && !/kube-root-ca|serviceaccount\/default/.test(line)).length === 0
    );
  });
  await helmed(['uninstall', 'ostiary-crds', '--timeout=60s']);
  await eventually('the kinds to be gone', async () => {
    const left = await kubectl(['get', 'crd', '-o', 'name']);
    return left.trim() === '';
  });
});

async function helmed(args: readonly string[], values: object = {}): Promise<string> {
  const isUninstall = args[0] === 'uninstall';
  const { code, stdout, stderr } = await helm(args, isUninstall ? undefined : values);
  assert.equal(code, 0, `${stdout}${stderr}\n${nodes.logs()}`);
  return stderr;
}

async function kubectl(args: readonly string[], input?: object): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(
    args,
    input === undefined ? {} : { input: JSON.stringify(input) },
  );
  assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}\n${nodes?.logs() ?? ''}`);
  return stdout;
}

/** The object as JSON; undefined if there is none. */
async function find(path: string): Promise<Loose> {
  const { status, body } = await cluster.request({ path });
  return status === 200 ? JSON.parse(body) : undefined;
}

async function eventually<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not come about\n${nodes.logs()}\n${kubelet.logs()}`);
}
