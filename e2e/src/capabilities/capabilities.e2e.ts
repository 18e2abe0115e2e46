import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, afterEach, before, suite, test } from 'node:test';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import { startCluster, type Cluster } from '../cluster.ts';
import { logTail, startDaemon, waitFor, type Daemon } from '../daemon.ts';
import { ROOT } from '../ostiary.ts';
import { freePorts } from '../ports.ts';
import { contextAwarePolicies, writePolicyFiles } from './policies.ts';

const COMMAND = join(ROOT, 'packages', 'cli', 'bin', 'policy-server.js');
/** A change in the cluster is known to policies within this time. */
const FOLLOW_MS = 5000;

/** Kinds that the policies are asked about, by policy. */
const JUDGED = {
  'rust-sdk': { apiGroups: [''], resources: ['configmaps'] },
  'go-sdk': { apiGroups: [''], resources: ['configmaps'] },
  labelled: { apiGroups: [''], resources: ['configmaps'] },
  unique: { apiGroups: ['networking.k8s.io'], resources: ['ingresses'] },
} as const;

type PolicyName = keyof typeof JUDGED;

suite('policies that look into the cluster they guard', () => {
  let cluster: Cluster;
  let server: Daemon;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ostiary-e2e-capabilities-'));
    cluster = await startCluster();
    const [port = 0, probePort = 0] = await freePorts(2);
    const now = new Date();
    const authority = createAuthority({ commonName: 'e2e', validForDays: 1, now });
    const leaf = issueCertificate(authority, {
      commonName: 'ostiary',
      ipAddresses: ['127.0.0.1'],
      usages: ['server'],
      validForDays: 1,
      now,
    });
    await writeFile(join(folder, 'tls.crt'), leaf.certificatePem);
    await writeFile(join(folder, 'tls.key'), leaf.privateKeyPem);
    server = await startDaemon({
      name: 'policy-server',
      command: process.execPath,
      args: [COMMAND],
      dir: folder,
      env: {
        KUBECONFIG: cluster.adminKubeconfig,
        KUBEWARDEN_BIND_ADDRESS: '127.0.0.1',
        KUBEWARDEN_PORT: String(port),
        KUBEWARDEN_READINESS_PROBE_PORT: String(probePort),
        KUBEWARDEN_POLICIES: writePolicyFiles(folder),
        KUBEWARDEN_CERT_FILE: join(folder, 'tls.crt'),
        KUBEWARDEN_KEY_FILE: join(folder, 'tls.key'),
        KUBEWARDEN_LOG_FMT: 'json',
      },
    });
    await waitFor(server, {
      what: 'the policy server to be ready',
      probe: async () => (await fetch(`http://127.0.0.1:${probePort}/readiness`)).ok,
      timeoutMs: 60_000,
    });
    await register(port, authority.certificatePem);
  });
  after(async () => {
    await server?.stop();
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach((t) => {
    if ('passed' in t && !t.passed) t.diagnostic(logTail(server));
  });

  async function register(port: number, ca: string): Promise<void> {
    const webhooks = [...contextAwarePolicies().keys()].map((name) => ({
      name: `${name}.ostiary.test`,
      clientConfig: {
        url: `https://127.0.0.1:${port}/validate/${name}`,
        caBundle: Buffer.from(ca).toString('base64'),
      },
      rules: [{ ...JUDGED[name as PolicyName], apiVersions: ['v1'], operations: ['CREATE'] }],
      objectSelector: { matchLabels: { judge: name } },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      failurePolicy: 'Fail',
    }));
    const kind = 'ValidatingWebhookConfiguration';
    const body = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: 'policies' }, webhooks };
    await applied(body);
  }

  async function applied(object: object): Promise<void> {
    const { code, stderr } = await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(object) });
    assert.equal(code, 0, stderr);
  }

  /** What the API server says to a dry run: undefined when it accepts. */
  async function refusal(object: object): Promise<string | undefined> {
    const { code, stderr } = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], {
      input: JSON.stringify(object),
    });
    return code === 0 ? undefined : stderr;
  }

  async function becomes(accepted: boolean, object: object): Promise<string> {
    const end = performance.now() + FOLLOW_MS;
    for (;;) {
      const refused = await refusal(object);
      if ((refused === undefined) === accepted) return refused ?? '';
      assert.ok(performance.now() < end, refused ?? 'it was accepted');
      await sleep(100);
    }
  }

  const namespace = (name: string, team?: string): object => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: team === undefined ? {} : { team } },
  });
  const configMap = (judge: PolicyName, place: string, team: string): object => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${judge}-object`, namespace: place, labels: { judge, team } },
  });

  for (const name of ['rust-sdk', 'go-sdk', 'labelled'] as const) {
    const missing = contextAwarePolicies().has(name) ? false : `${name} is not built`;
    test(`${name}: follows the label of a namespace`, { skip: missing }, async () => {
      const place = `of-${name}`;
      await applied(namespace(place, 'red'));
      await becomes(true, configMap(name, place, 'red'));
      await applied(namespace(place, 'blue'));
      const refused = await becomes(false, configMap(name, place, 'red'));
      assert.match(refused, /another team|label team must be/);
      await applied(namespace(place, 'red'));
      await becomes(true, configMap(name, place, 'red'));
    });
  }

  const ingress = (name: string, host: string): object => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'default', labels: { judge: 'unique' } },
    spec: { rules: [{ host }], defaultBackend: { service: { name: 's', port: { number: 80 } } } },
  });

  test('unique: a host that is taken is refused, until it is given back', async () => {
    await becomes(true, ingress('first', 'a.example.com'));
    await applied(ingress('first', 'a.example.com'));
    const refused = await becomes(false, ingress('second', 'a.example.com'));
    assert.match(refused, /host a\.example\.com is taken by default\/first/);
    await becomes(true, ingress('second', 'b.example.com'));
    await cluster.kubectl(['delete', 'ingress', 'first']);
    await becomes(true, ingress('second', 'a.example.com'));
  });

  test('an API server that is restarted is followed again', async () => {
    await applied(namespace('restarted', 'red'));
    const judge = contextAwarePolicies().has('rust-sdk') ? 'rust-sdk' : 'labelled';
    await becomes(true, configMap(judge, 'restarted', 'red'));
    await cluster.restartApiServer();
    await applied(namespace('restarted', 'blue'));
    await sleep(1000);
    await becomes(false, configMap(judge, 'restarted', 'red'));
    const log = await readFile(server.logFile, 'utf8');
    assert.doesNotMatch(log, /thread of the host capabilities failed/);
  });
});
