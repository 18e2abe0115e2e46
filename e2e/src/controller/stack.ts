import { join } from 'node:path';
import { manifestText, RESOURCES } from '@ostiary/controller';
import { createKubeClient, loadKubeConfig, type KubeClient } from '@ostiary/kube';
import { startCluster, type Cluster } from '../cluster.ts';
import { logTail } from '../daemon.ts';
import { ROOT } from '../ostiary.ts';
import type { ApiServerOptions } from '../flags.ts';
import { launchController, type ControllerOptions, type ControllerProcess } from './controller-process.ts';
import { NAMESPACE } from './names.ts';
import { startKubelet, type Kubelet } from './kubelet.ts';
import { startProxy, type ServiceProxy } from './proxy.ts';
import { controllerAccess, writeKubeconfig } from './service-account.ts';

/** JSON as a test looks at it: what it says is asserted, not typed. */
export type Loose = ReturnType<typeof JSON.parse>;

export { NAMESPACE };
const ACCOUNT = 'ostiary';

/** Denies ConfigMaps with the annotations that its settings name. */
export const MODULE = `file://${join(ROOT, 'examples', 'safe-annotations', 'build', 'safe-annotations.wasm')}`;

export type { ControllerOptions, ControllerProcess } from './controller-process.ts';

/** A control plane with the custom resources, a stand-in for nodes, and as many controllers as are started. */
export interface Stack {
  readonly cluster: Cluster;
  readonly client: KubeClient;
  readonly kubelet: Kubelet;
  readonly startController: (flags?: readonly string[], options?: ControllerOptions) => Promise<ControllerProcess>;
  /** Path of the kubeconfig of the controller's account. */
  readonly kubeconfig: string;
  readonly kubectl: (args: readonly string[], input?: unknown) => Promise<string>;
  /** The exit code and everything that kubectl printed. */
  readonly tryKubectl: (
    args: readonly string[],
    input?: unknown,
  ) => Promise<{ readonly code: number | null; readonly text: string }>;
  /** The object as JSON; undefined if there is none. */
  readonly find: (path: string) => Promise<Loose>;
  readonly eventually: <T>(what: string, probe: () => Promise<T | undefined | false>, timeoutMs?: number) => Promise<T>;
  readonly stop: () => Promise<void>;
}

export async function startStack(options: ApiServerOptions = {}): Promise<Stack> {
  const cluster = await startCluster({ ...options, controllerManager: true });
  const client = createKubeClient(await loadKubeConfig({ path: cluster.adminKubeconfig }));
  const controllers: ControllerProcess[] = [];
  const tryKubectl: Stack['tryKubectl'] = async (args, input) => {
    const result = await cluster.kubectl(args, input === undefined ? {} : { input: textOf(input) });
    return { code: result.code, text: result.stdout + result.stderr };
  };
  const kubectl: Stack['kubectl'] = async (args, input) => {
    const { code, text } = await tryKubectl(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${text}`);
    return text;
  };
  const crds = RESOURCES.map((one) => manifestText(one)).join('---\n');
  await kubectl(['apply', '--server-side', '-f', '-'], crds);
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  await kubectl(['create', 'namespace', NAMESPACE]);
  await kubectl(['create', 'namespace', 'shop']);
  await kubectl(['apply', '-f', '-'], await controllerAccess(ACCOUNT, NAMESPACE));
  const kubeconfig = await writeKubeconfig(cluster, { namespace: NAMESPACE, account: ACCOUNT, dir: cluster.dir });
  await kubectl([
    'create',
    'service',
    'clusterip',
    'kubewarden-controller-webhook-service',
    '--tcp=443:9443',
    '-n',
    NAMESPACE,
  ]);
  const find: Stack['find'] = async (path) => {
    const { status, body } = await cluster.request({ path });
    return status === 200 ? JSON.parse(body) : undefined;
  };
  const service = await find(`/api/v1/namespaces/${NAMESPACE}/services/kubewarden-controller-webhook-service`);
  const webhooks: ServiceProxy = await startProxy(service.spec.clusterIP, 443);
  const ports = new Map<ControllerProcess, number>();
  const lead = (): void => webhooks.lead([...ports.values()]);
  const kubelet = await startKubelet(cluster, client, NAMESPACE);
  const eventually: Stack['eventually'] = async (what, probe, timeoutMs = 60_000) => {
    const end = performance.now() + timeoutMs;
    while (performance.now() < end) {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const logs = controllers.map(({ daemon }) => logTail(daemon, 30)).join('\n');
    throw new Error(`${what} did not come about\n${logs}\n${kubelet.logs()}`);
  };
  return {
    cluster,
    client,
    kubelet,
    kubectl,
    tryKubectl,
    find,
    eventually,
    kubeconfig,
    startController: async (flags = [], options = {}) => {
      const name = `controller-${controllers.length}`;
      const launched = await launchController({ name, dir: cluster.dir, kubeconfig, flags, options });
      const { daemon, port, metrics, isReady } = launched;
      const controller: ControllerProcess = {
        daemon,
        metrics,
        freeze: () => {
          process.kill(daemon.pid, 'SIGSTOP');
          ports.delete(controller);
          lead();
        },
        thaw: () => {
          process.kill(daemon.pid, 'SIGCONT');
          ports.set(controller, port);
          lead();
        },
      };
      controllers.push(controller);
      await eventually('the controller to be ready', isReady);
      ports.set(controller, port);
      void daemon.ended.then(() => {
        ports.delete(controller);
        lead();
      });
      lead();
      return controller;
    },
    stop: async () => {
      await Promise.all(controllers.map(({ daemon }) => daemon.stop()));
      await kubelet.stop();
      await webhooks.stop();
      await client.close();
      await cluster.stop();
    },
  };
}

function textOf(input: unknown): string {
  return typeof input === 'string' ? input : JSON.stringify(input);
}
