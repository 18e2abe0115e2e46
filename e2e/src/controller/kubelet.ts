import { mkdir, writeFile } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { join } from 'node:path';
import { createInformer, get, patch, resource, type KubeClient, type KubeObject } from '@ostiary/kube';
import type { Cluster } from '../cluster.ts';
import { logTail, startDaemon, type Daemon } from '../daemon.ts';
import { ROOT } from '../ostiary.ts';
import { freePorts } from '../ports.ts';
import { relocated, writeMounts, type PodVolumes } from './mounts.ts';
import { startProxy, type ServiceProxy } from './proxy.ts';
import { writeKubeconfig } from './service-account.ts';

const PODS = resource('v1', 'Pod', 'pods');
const SECRETS = resource('v1', 'Secret', 'secrets');
const SERVICES = resource('v1', 'Service', 'services');
const SERVER_LABEL = 'kubewarden/policy-server';
const CLI = join(ROOT, 'packages', 'cli', 'bin', 'ostiary.js');
const LEASH = join(import.meta.dirname, '..', 'leash.ts');

interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
}

interface Pod extends KubeObject {
  readonly spec: PodVolumes & {
    readonly serviceAccountName?: string;
    readonly containers: readonly { readonly args?: readonly string[]; readonly env?: readonly EnvVar[] }[];
  };
}

interface Running {
  readonly server: string;
  readonly port: number;
  daemon: Daemon | undefined;
  isReady: boolean;
  isGone: boolean;
}

/** Stands in for nodes: runs pods of policy servers as processes, and Services as proxies to them. */
export interface Kubelet {
  /** Those that run, by name. */
  readonly pods: () => ReadonlyMap<string, { readonly isReady: boolean; readonly pid: number | undefined }>;
  readonly logs: () => string;
  readonly stop: () => Promise<void>;
}

export async function startKubelet(cluster: Cluster, client: KubeClient, namespace: string): Promise<Kubelet> {
  const running = new Map<string, Running>();
  const proxies = new Map<string, ServiceProxy>();
  const stopping = new AbortController();

  const lead = (): void => {
    for (const [server, proxy] of proxies) {
      const ready = [...running.values()].filter((pod) => pod.server === server && pod.isReady && !pod.isGone);
      proxy.lead(ready.map(({ port }) => port));
    }
  };
  const run = async (pod: Pod): Promise<void> => {
    const [port = 0, probePort = 0] = await freePorts(2);
    const { name, labels = {} } = pod.metadata;
    const state: Running = {
      server: labels[SERVER_LABEL] ?? '',
      port,
      daemon: undefined,
      isReady: false,
      isGone: false,
    };
    running.set(name, state);
    const dir = join(cluster.dir, `pod-${name}`);
    await mkdir(join(dir, 'pki'), { recursive: true });
    const mounts = await writeMounts(client, namespace, pod.spec, dir);
    const env = await environment(cluster, pod, dir, { port, probePort, mounts });
    await writeCertificate(client, namespace, state.server, dir);
    if (state.isGone || stopping.signal.aborted) return;
    state.daemon = await startDaemon({
      name: `pod-${name}`,
      command: process.execPath,
      args: [CLI, 'policy-server', ...(pod.spec.containers[0]?.args ?? []), '--addr=127.0.0.1', '--workers=1'],
      dir,
      cwd: ROOT,
      env: { ...env, NODE_OPTIONS: `--import=${LEASH}` },
    });
    while (!state.isGone && !stopping.signal.aborted && !(await answers(probePort))) await sleep(50);
    if (state.isGone || stopping.signal.aborted) return;
    state.isReady = true;
    lead();
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: now }];
    await patch(
      client,
      PODS,
      { namespace, name },
      { status: { phase: 'Running', conditions } },
      {
        subresource: 'status',
        type: 'strategic',
      },
    );
  };
  const pods = createInformer<Pod>({ client, resource: PODS, namespace, labelSelector: SERVER_LABEL });
  pods.addHandler({
    onAdd: (pod) => void run(pod).catch((error: unknown) => console.error('pod', pod.metadata.name, error)),
    onDelete: ({ metadata }) => {
      const state = running.get(metadata.name);
      if (state === undefined) return;
      state.isGone = true;
      lead();
      void state.daemon?.stop('SIGTERM');
      running.delete(metadata.name);
    },
  });
  // Mounted Secrets change while pods run.
  const secrets = createInformer({ client, resource: SECRETS, namespace });
  secrets.addHandler({
    onUpdate: ({ metadata }) => {
      for (const [name, { server }] of running) {
        if (metadata.name !== `policy-server-${server}`) continue;
        void writeCertificate(client, namespace, server, join(cluster.dir, `pod-${name}`));
      }
    },
  });
  const services = createInformer<KubeObject & { readonly spec: { readonly clusterIP: string } }>({
    client,
    resource: SERVICES,
    namespace,
    labelSelector: SERVER_LABEL,
  });
  services.addHandler({
    onAdd: ({ metadata, spec }) => {
      void startProxy(spec.clusterIP, 443).then((proxy) => {
        proxies.set(metadata.labels?.[SERVER_LABEL] ?? '', proxy);
        lead();
      });
    },
    onDelete: ({ metadata }) => {
      const server = metadata.labels?.[SERVER_LABEL] ?? '';
      void proxies.get(server)?.stop();
      proxies.delete(server);
    },
  });
  return {
    pods: () => new Map([...running].map(([name, { isReady, daemon }]) => [name, { isReady, pid: daemon?.pid }])),
    logs: () =>
      [...running.values()].flatMap(({ daemon }) => (daemon === undefined ? [] : logTail(daemon, 20))).join('\n'),
    stop: async () => {
      stopping.abort();
      await Promise.all([pods.stop(), secrets.stop(), services.stop()]);
      await Promise.all([...running.values()].map(async ({ daemon }) => daemon?.stop('SIGKILL')));
      await Promise.all([...proxies.values()].map((proxy) => proxy.stop()));
    },
  };
}

/** What the container would see, with its paths and ports replaced by those of this machine. */
async function environment(
  cluster: Cluster,
  pod: Pod,
  dir: string,
  ports: { readonly port: number; readonly probePort: number; readonly mounts: ReadonlyMap<string, string> },
): Promise<Record<string, string>> {
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace ?? '',
  };
  const given = (pod.spec.containers[0]?.env ?? []).map(({ name, value, valueFrom }) => [
    name,
    value === undefined ? (fields[valueFrom?.fieldRef?.fieldPath ?? ''] ?? '') : relocated(value, ports.mounts),
  ]);
  return {
    ...Object.fromEntries(given),
    KUBEWARDEN_CERT_FILE: join(dir, 'pki', 'tls.crt'),
    KUBEWARDEN_KEY_FILE: join(dir, 'pki', 'tls.key'),
    KUBEWARDEN_POLICIES_DOWNLOAD_DIR: dir,
    KUBEWARDEN_PORT: String(ports.port),
    KUBEWARDEN_READINESS_PROBE_PORT: String(ports.probePort),
    KUBECONFIG: await writeKubeconfig(cluster, {
      namespace: pod.metadata.namespace ?? '',
      account: pod.spec.serviceAccountName ?? 'default',
      dir,
    }),
  };
}

async function writeCertificate(client: KubeClient, namespace: string, server: string, dir: string): Promise<void> {
  const secret = await get<KubeObject & { readonly data: Readonly<Record<string, string>> }>(client, SECRETS, {
    namespace,
    name: `policy-server-${server}`,
  });
  for (const key of ['tls.crt', 'tls.key']) {
    await writeFile(join(dir, 'pki', key), Buffer.from(secret.data[key] ?? '', 'base64'), { mode: 0o600 });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = httpGet({ host: '127.0.0.1', port, path: '/readiness', agent: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    probe.once('error', () => resolve(false));
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
