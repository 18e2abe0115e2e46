import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import assert from 'node:assert/strict';
import { manifestText, OPEN_REPORT_RESOURCES, policyId, POLICY_REPORTS, RESOURCES } from '@ostiary/controller';
import {
  chooseReportKind,
  createReportStore,
  SILENT,
  type AuditOptions,
  type ReportKind,
  type ReportStore,
} from '@ostiary/audit';
import {
  createDiscovery,
  createKubeClient,
  list,
  loadKubeConfig,
  resource,
  type KubeClient,
  type KubeObject,
} from '@ostiary/kube';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import { startCluster, type Cluster } from '../cluster.ts';
import { removeNow } from '../cleanup.ts';
import { freePorts } from '../ports.ts';

export const CONFIG_MAPS = resource('v1', 'ConfigMap', 'configmaps');
export const POLICY_REPORT = resource('wgpolicyk8s.io/v1alpha2', 'PolicyReport', 'policyreports');
export const OPEN_REPORT = resource('openreports.io/v1alpha1', 'Report', 'reports');
export const CLUSTER_POLICY_REPORT = resource(
  'wgpolicyk8s.io/v1alpha2',
  'ClusterPolicyReport',
  'clusterpolicyreports',
  { namespaced: false },
);
export const CLUSTER_POLICIES = resource(
  'policies.kubewarden.io/v1',
  'ClusterAdmissionPolicy',
  'clusteradmissionpolicies',
  { namespaced: false },
);

/** A real API server with the custom resources of policies and reports. */
export interface Stand {
  readonly cluster: Cluster;
  readonly client: KubeClient;
  readonly dir: string;
  /** Creates a policy and says that it is active. */
  readonly policy: (name: string, spec?: object, policyStatus?: string) => Promise<void>;
  readonly remove: (kind: string, name: string) => Promise<void>;
  readonly apply: (object: object) => Promise<void>;
  readonly options: (
    url: string,
    caFile: string,
    kind?: ReportKind,
  ) => Promise<AuditOptions & { readonly store: ReportStore }>;
  readonly stop: () => Promise<void>;
}

export const CONFIG_MAP_RULE = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources: ['configmaps'],
};

export async function startStand(): Promise<Stand> {
  const cluster = await startCluster();
  const client = createKubeClient(await loadKubeConfig({ path: cluster.adminKubeconfig }));
  const dir = await mkdtemp(join(tmpdir(), 'ostiary-audit-'));
  const kubectl = async (args: readonly string[], input?: string): Promise<void> => {
    const { code, stderr } = await cluster.kubectl(args, input === undefined ? {} : { input });
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
  };
  const all = [...RESOURCES, ...POLICY_REPORTS, ...OPEN_REPORT_RESOURCES];
  await kubectl(['apply', '-f', '-'], all.map((one) => manifestText(one)).join('---\n'));
  await kubectl([
    'wait',
    '--for=condition=Established',
    '--timeout=30s',
    ...all.map(({ plural, group }) => `crd/${plural}.${group}`),
  ]);
  const apply = (object: object): Promise<void> => kubectl(['apply', '-f', '-'], JSON.stringify(object));
  return {
    cluster,
    client,
    dir,
    apply,
    remove: (kind, name) => kubectl(['delete', kind, name, '--wait=false']),
    policy: async (name, spec = {}, policyStatus = 'active') => {
      const kind = 'ClusterAdmissionPolicy';
      const annotations = { 'io.kubewarden.policy.severity': 'high', 'io.kubewarden.policy.category': 'Test' };
      const own = { module: 'registry://r.example/p:v1', mutating: false, rules: [CONFIG_MAP_RULE], ...spec };
      await apply({ apiVersion: 'policies.kubewarden.io/v1', kind, metadata: { name, annotations }, spec: own });
      const status = JSON.stringify({ status: { policyStatus } });
      await kubectl(['patch', kind, name, '--subresource=status', '--type=merge', '-p', status]);
    },
    options: async (policyServerUrl, extraCa, kind) => ({
      client,
      policyServerUrl,
      store: createReportStore(client, await chooseReportKind(createDiscovery(client), kind)),
      deploymentsNamespace: 'kubewarden',
      idsOf: ({ kind: own, namespace, name }) => [policyId(own, namespace, name)],
      tls: { extraCa },
      ignoreNamespaces: new Set(['kube-system', 'kube-public', 'kube-node-lease']),
      pageSize: 100,
      parallelObjects: 20,
      parallelPolicies: 5,
      maxInFlight: 100,
      patienceMs: 20_000,
      log: SILENT,
    }),
    stop: async () => {
      await client.close();
      await cluster.stop();
      removeNow(dir);
    },
  };
}

export async function all(
  client: KubeClient,
  kind: Parameters<typeof list>[1]['resource'],
  namespace?: string,
): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  for await (const object of list(client, { resource: kind, namespace })) found.push(object);
  return found;
}

export interface AskedReview {
  readonly path: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** The common name of the certificate that the client has shown. */
  readonly client: string | undefined;
}

/** A policy server and webhook in one, of which the test decides what it says. */
export interface Recorder {
  readonly url: string;
  readonly caPem: string;
  readonly asked: AskedReview[];
  answer: (review: AskedReview) => Promise<{ readonly allowed: boolean; readonly message?: string }>;
  /** Stops listening and breaks all connections; `listen` begins again at the same port. */
  readonly vanish: () => Promise<void>;
  readonly listen: () => Promise<void>;
}

/** With `clientCa`, clients have to show a certificate of one of these authorities (PEM). */
export async function startRecorder(clientCa?: readonly string[]): Promise<Recorder> {
  const [port = 0] = await freePorts(1);
  const validity = { validForDays: 2, now: new Date() };
  const authority = createAuthority({ commonName: 'ostiary-e2e-audit', ...validity });
  const pair = issueCertificate(authority, {
    commonName: 'recorder',
    ipAddresses: ['127.0.0.1'],
    usages: ['server'],
    ...validity,
  });
  const recorder = {
    asked: [] as AskedReview[],
    answer: (async () => ({ allowed: true })) as Recorder['answer'],
  };
  const clients = clientCa === undefined ? {} : { ca: [...clientCa], requestCert: true, rejectUnauthorized: true };
  const make = () =>
    createServer({ cert: pair.certificatePem, key: pair.privateKeyPem, ...clients }, (message, response) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('end', () => {
        const { request } = JSON.parse(Buffer.concat(chunks).toString()) as Pick<AskedReview, 'request'>;
        const certificate = message.socket instanceof TLSSocket ? message.socket.getPeerCertificate() : undefined;
        const review = { path: message.url ?? '', request, client: certificate?.subject?.CN?.toString() };
        recorder.asked.push(review);
        void recorder.answer(review).then(({ allowed, message: text }) => {
          const status = text === undefined ? undefined : { message: text };
          response.end(
            JSON.stringify({
              apiVersion: 'admission.k8s.io/v1',
              kind: 'AdmissionReview',
              response: { uid: request['uid'], allowed, status },
            }),
          );
        });
      });
    });
  let server = make();
  const listen = async (): Promise<void> => {
    server = make();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  };
  await listen();
  return Object.assign(recorder, {
    listen,
    url: `https://127.0.0.1:${port}`,
    caPem: authority.certificatePem,
    vanish: async () => {
      server.close();
      server.closeAllConnections();
    },
  });
}
