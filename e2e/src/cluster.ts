import { mkdtemp } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBinaries, type Binaries } from './binaries.ts';
import { onProcessEnd, removeNow } from './cleanup.ts';
import { runCommand, type CommandResult } from './command.ts';
import { writeCredentials, type Credentials } from './credentials.ts';
import { logTail, startDaemon, waitFor, type Daemon } from './daemon.ts';
import {
  apiServerFlags,
  controllerManagerFlags,
  etcdFlags,
  type ApiServerOptions,
  type ClusterPorts,
} from './flags.ts';
import { sendHttps, type HttpsResponse } from './http.ts';
import { freePorts } from './ports.ts';

/** What a test asks of its control plane. */
export interface ClusterOptions extends ApiServerOptions {
  /** Also runs kube-controller-manager: ServiceAccounts, namespace deletion, Deployments. Default: false. */
  readonly controllerManager?: boolean;
  /** The programs; those of the cache by default. */
  readonly binaries?: Binaries;
}

export interface KubectlOptions {
  /** Standard input, as for `apply -f -`. */
  readonly input?: string;
  /** A bearer token to use in place of the admin's certificate. */
  readonly token?: string;
}

/** One request without kubectl, for what it doesn't show, such as the status of an answer. */
export interface ApiRequest {
  /** As in `/api/v1/namespaces`. */
  readonly path: string;
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** A bearer token to use in place of the admin's certificate. */
  readonly token?: string;
}

/** A running control plane with its own folder, ports, and certificates. */
export interface Cluster {
  /** Holds everything of this cluster, logs included, and goes away with it. */
  readonly dir: string;
  readonly apiServerUrl: string;
  readonly etcdUrl: string;
  readonly adminKubeconfig: string;
  readonly credentials: Credentials;
  readonly kubectl: (args: readonly string[], options?: KubectlOptions) => Promise<CommandResult>;
  readonly request: (request: ApiRequest) => Promise<HttpsResponse>;
  /** Starts the API server anew with other options on the same etcd and port. Without options it keeps its old ones. */
  readonly restartApiServer: (options?: ApiServerOptions) => Promise<void>;
  /** The programs that run, for diagnosis. */
  readonly daemons: () => readonly Daemon[];
  /** The last lines of every program's log. */
  readonly logTail: (lines?: number) => string;
  /** Ends every program and removes the folder, unless `$OSTIARY_E2E_KEEP` is set. May be called twice. */
  readonly stop: () => Promise<void>;
}

const START_TIMEOUT_MS = 60_000;

/**
 * Starts etcd and an API server on 127.0.0.1 and resolves when it is ready and has its `default` namespace.
 * Throws a HarnessError with the end of the log of what failed; nothing is left running then.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const binaries = options.binaries ?? (await ensureBinaries());
  const [etcdClient = 0, etcdPeer = 0, apiServer = 0] = await freePorts(3);
  const dir = await mkdtemp(join(tmpdir(), 'ostiary-e2e-'));
  const removeLater = onProcessEnd(() => removeNow(dir));
  const apiServerUrl = `https://127.0.0.1:${apiServer}`;
  const credentials = await writeCredentials(dir, apiServerUrl);
  const plane = new Map<string, Daemon>();
  const context: Context = {
    dir,
    binaries,
    credentials,
    apiServerUrl,
    plane,
    ports: { etcdClient, etcdPeer, apiServer },
    request: (request) => sendRequest(apiServerUrl, credentials, request),
  };

  const stop = async (): Promise<void> => {
    await Promise.all([...plane.values()].map((daemon) => daemon.stop()));
    removeNow(dir);
    removeLater();
  };
  try {
    await startEtcd(context);
    await startApiServer(context, options);
    if (options.controllerManager === true) await startControllerManager(context);
  } catch (error) {
    await stop();
    throw error;
  }

  let current: ApiServerOptions = options;
  return {
    dir,
    apiServerUrl,
    etcdUrl: `http://127.0.0.1:${etcdClient}`,
    credentials,
    stop,
    request: context.request,
    adminKubeconfig: credentials.files.adminKubeconfig,
    kubectl: (args, how = {}) => runKubectl(context, args, how),
    restartApiServer: async (changed = current) => {
      current = changed;
      await plane.get('kube-apiserver')?.stop();
      await startApiServer(context, changed);
    },
    daemons: () => [...plane.values()],
    logTail: (lines) => [...plane.values()].map((daemon) => logTail(daemon, lines)).join('\n'),
  };
}

interface Context {
  readonly dir: string;
  readonly binaries: Binaries;
  readonly credentials: Credentials;
  readonly apiServerUrl: string;
  readonly ports: ClusterPorts;
  readonly plane: Map<string, Daemon>;
  readonly request: Cluster['request'];
}

async function startEtcd({ dir, binaries, ports, plane }: Context): Promise<void> {
  const etcd = await startDaemon({ name: 'etcd', command: binaries.etcd, args: etcdFlags(dir, ports), dir });
  plane.set('etcd', etcd);
  await waitFor(etcd, {
    what: 'etcd to be healthy',
    probe: async () => (await getStatus(`http://127.0.0.1:${ports.etcdClient}/readyz`)) === 200,
    timeoutMs: START_TIMEOUT_MS,
  });
}

async function startApiServer(context: Context, options: ApiServerOptions): Promise<void> {
  const { dir, binaries, credentials, ports, plane, request } = context;
  const apiServer = await startDaemon({
    name: 'kube-apiserver',
    command: binaries['kube-apiserver'],
    args: apiServerFlags(credentials.files, ports, options),
    dir,
  });
  plane.set('kube-apiserver', apiServer);
  // Readiness doesn't wait for the system namespaces, and the first thing a test does is to write into `default`.
  for (const path of ['/readyz', '/api/v1/namespaces/default']) {
    await waitFor(apiServer, {
      what: `the API server to answer ${path}`,
      probe: async () => (await request({ path })).status === 200,
      timeoutMs: START_TIMEOUT_MS,
    });
  }
}

async function startControllerManager({ dir, binaries, credentials, plane, request }: Context): Promise<void> {
  const controllers = await startDaemon({
    name: 'kube-controller-manager',
    command: binaries['kube-controller-manager'],
    args: controllerManagerFlags(credentials.files),
    dir,
  });
  plane.set('kube-controller-manager', controllers);
  await waitFor(controllers, {
    what: 'the default ServiceAccount to exist',
    probe: async () => (await request({ path: '/api/v1/namespaces/default/serviceaccounts/default' })).status === 200,
    timeoutMs: START_TIMEOUT_MS,
  });
}

function sendRequest(apiServerUrl: string, credentials: Credentials, request: ApiRequest): Promise<HttpsResponse> {
  const { authority, admin } = credentials;
  const { path, method = 'GET', body, token } = request;
  return sendHttps({
    url: apiServerUrl + path,
    method,
    ca: authority.certificatePem,
    ...(token === undefined ? { cert: admin.certificatePem, key: admin.privateKeyPem } : {}),
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

function runKubectl(context: Context, args: readonly string[], options: KubectlOptions): Promise<CommandResult> {
  const { dir, binaries, credentials } = context;
  const { adminKubeconfig, anonymousKubeconfig } = credentials.files;
  const { token, input = '' } = options;
  const kubeconfig = token === undefined ? adminKubeconfig : anonymousKubeconfig;
  return runCommand(binaries.kubectl, token === undefined ? args : ['--token', token, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: dir, KUBECONFIG: kubeconfig },
    cwd: dir,
    input,
  });
}

function getStatus(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once('error', reject);
  });
}
