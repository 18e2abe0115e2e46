import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInformer, patch, resource, type KubeClient, type KubeObject } from '@ostiary/kube';
import type { Cluster } from '../cluster.ts';
import { startProxy, type ServiceProxy } from '../controller/proxy.ts';
import { writeKubeconfig } from '../controller/service-account.ts';
import { logTail, startDaemon, type Daemon } from '../daemon.ts';
import { ROOT } from '../ostiary.ts';
import { freePorts } from '../ports.ts';

const PODS = resource('v1', 'Pod', 'pods');
const SERVICES = resource('v1', 'Service', 'services');
const CLI = join(ROOT, 'packages', 'cli', 'bin', 'ostiary.js');
const LEASH = join(import.meta.dirname, '..', 'leash.ts');

interface Pod extends KubeObject {
  readonly spec: {
    readonly serviceAccountName: string;
    readonly containers: readonly { readonly args: readonly string[] }[];
  };
}

interface Service extends KubeObject {
  readonly spec: { readonly clusterIP: string };
}

/** Stands in for nodes: what the release itself runs, as processes with the rights of their ServiceAccounts. */
export interface Nodes {
  /** Those of the controller that run. */
  readonly controllers: () => readonly Daemon[];
  readonly logs: () => string;
  readonly stop: () => Promise<void>;
}

interface Running {
  readonly daemon: Daemon;
  readonly webhookPort: number;
}

/** Runs pods of the components `controller` and `cleanup`, with the arguments that the chart gives them. */
export async function startNodes(cluster: Cluster, client: KubeClient, namespace: string): Promise<Nodes> {
  const running = new Map<string, Running>();
  const tails: string[] = [];
  const gone = new Set<string>();
  let proxy: ServiceProxy | undefined;
  const lead = (): void => proxy?.lead([...running.values()].map(({ webhookPort }) => webhookPort));

  const start = async ({ metadata, spec }: Pod, more: readonly string[]): Promise<Daemon> => {
    const dir = join(cluster.dir, `pod-${metadata.name}`);
    await mkdir(dir, { recursive: true });
    const account = spec.serviceAccountName;
    const kubeconfig = await writeKubeconfig(cluster, { namespace, account, dir });
    return startDaemon({
      name: `pod-${metadata.name}`,
      command: process.execPath,
      args: [CLI, ...(spec.containers[0]?.args ?? []), ...more],
      dir,
      cwd: ROOT,
      env: { NODE_OPTIONS: `--import=${LEASH}`, KUBECONFIG: kubeconfig },
    });
  };
  const say = (name: string, status: object): Promise<unknown> =>
    patch(client, PODS, { namespace, name }, { status }, { subresource: 'status', type: 'strategic' });

  const runController = async (pod: Pod): Promise<void> => {
    const { name } = pod.metadata;
    const [webhookPort = 0, probe = 0, metrics = 0] = await freePorts(3);
    const daemon = await start(pod, [
      `--webhook-server-port=${webhookPort}`,
      `--health-probe-bind-address=127.0.0.1:${probe}`,
      `--metrics-bind-address=127.0.0.1:${metrics}`,
    ]);
    running.set(name, { daemon, webhookPort });
    while (!gone.has(name) && !(await isReady(probe))) await sleep(100);
    if (gone.has(name)) return end(name);
    lead();
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    await say(name, {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: now }],
    });
  };
  const end = (name: string): void => {
    const one = running.get(name);
    if (one === undefined) return;
    running.delete(name);
    lead();
    tails.push(logTail(one.daemon, 40));
    void one.daemon.stop('SIGTERM');
  };
  const runCleanup = async (pod: Pod): Promise<void> => {
    const daemon = await start(pod, []);
    const how = await daemon.ended;
    tails.push(logTail(daemon, 40));
    await say(pod.metadata.name, { phase: how === 'exit code 0' ? 'Succeeded' : 'Failed' });
  };
  const follow = (component: string, run: (pod: Pod) => Promise<void>) => {
    const pods = createInformer<Pod>({
      client,
      resource: PODS,
      namespace,
      labelSelector: `app.kubernetes.io/component=${component},app.kubernetes.io/name=ostiary`,
    });
    pods.addHandler({
      onAdd: (pod) => void run(pod).catch((error: unknown) => console.error('pod', pod.metadata.name, error)),
      onDelete: ({ metadata }) => {
        gone.add(metadata.name);
        end(metadata.name);
      },
    });
    return pods;
  };
  const informers = [follow('controller', runController), follow('cleanup', runCleanup)];
  const services = createInformer<Service>({ client, resource: SERVICES, namespace });
  services.addHandler({
    onAdd: ({ metadata, spec }) => {
      if (!metadata.name.endsWith('-webhook-service')) return;
      void startProxy(spec.clusterIP, 443).then((started) => {
        proxy = started;
        lead();
      });
    },
  });
  return {
    controllers: () => [...running.values()].map(({ daemon }) => daemon),
    logs: () => [...tails, ...[...running.values()].map(({ daemon }) => logTail(daemon, 40))].join('\n'),
    stop: async () => {
      await Promise.all([...informers, services].map((informer) => informer.stop()));
      await Promise.all([...running.values()].map(({ daemon }) => daemon.stop('SIGKILL')));
      await proxy?.stop();
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status === 200;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
