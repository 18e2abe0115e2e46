import type { TestContext } from 'node:test';
import { createKubeClient, type ApiResource, type KubeClient, type KubeObject, type ObjectMeta } from '@ostiary/kube';
import { startFakeApiServer, type FakeApiServer } from '@ostiary/kube/testing';
import { resource } from '@ostiary/kube';
import * as kinds from '../cluster/kinds.ts';
import { POLICY_SERVER_LABEL, REVISION, SERVING } from '../desired/names.ts';
import { createControllerLog } from '../process/log.ts';
import { readOptions } from '../process/flags.ts';
import type { ControllerOptions } from '../process/options.ts';
import { runController, type RunningController, type RunOverrides } from '../process/run.ts';

export const NAMESPACE = 'kubewarden';

const EVENTS = resource('events.k8s.io/v1', 'Event', 'events');
const LEASES = resource('coordination.k8s.io/v1', 'Lease', 'leases');

/** What the fake API server of these tests serves. */
const RESOURCES: readonly ApiResource[] = [
  ...Object.values(kinds).filter((value): value is ApiResource => 'plural' in value),
  ...Object.values(kinds.POLICY_RESOURCES),
  ...Object.values(kinds.MODULE_RESOURCES),
  EVENTS,
  LEASES,
];

/** Written with their status, as no request could. */
const WHOLE_PODS = { ...kinds.PODS, subresources: [] };

type Json = Readonly<Record<string, unknown>>;
/** JSON as a test looks at it: what it says is asserted, not typed. */
export type Loose = ReturnType<typeof JSON.parse>;
export type AnyObject = KubeObject & { readonly [member: string]: Loose };

export interface Harness {
  readonly server: FakeApiServer;
  readonly client: KubeClient;
  readonly options: ControllerOptions;
  readonly controller: RunningController;
  readonly start: (overrides?: RunOverrides) => Promise<RunningController>;
  readonly put: (resource: ApiResource, object: Json & { readonly metadata: ObjectMeta }) => AnyObject;
  /** Undefined if there is none. */
  readonly find: (resource: ApiResource, name: string, namespace?: string) => AnyObject | undefined;
  readonly remove: (resource: ApiResource, name: string, namespace?: string) => void;
  /** Waits until it answers with something; fails after 10 s with `what`. */
  readonly eventually: <T>(what: string, probe: () => T | undefined | false) => Promise<T>;
  /** Waits until the controller has nothing more to do. */
  readonly quiet: () => Promise<void>;
  readonly log: string[];
}

/** A fake API server and a controller of it that end with the test. */
export async function startHarness(
  t: TestContext,
  flags: Parameters<typeof readOptions>[0] = {},
  overrides: RunOverrides = {},
  env: Parameters<typeof readOptions>[1] = {},
): Promise<Harness> {
  const server = await startFakeApiServer({ resources: RESOURCES });
  const client = createKubeClient(server.kubeConfig());
  const options = readOptions(
    {
      'deployments-namespace': NAMESPACE,
      'metrics-bind-address': '127.0.0.1:0',
      'health-probe-bind-address': '127.0.0.1:0',
      'webhook-server-port': '0',
      ...flags,
    },
    env,
  );
  const log: string[] = [];
  const running: RunningController[] = [];
  const start = async (more: RunOverrides = {}): Promise<RunningController> => {
    const started = await runController(
      client,
      options,
      createControllerLog(
        'debug',
        (line) => log.push(line),
        () => new Date(),
      ),
      {
        lingerMs: 200,
        webhookHost: '127.0.0.1',
        ...overrides,
        ...more,
      },
    );
    running.push(started);
    return started;
  };
  t.after(async () => {
    for (const one of running) await one.stop();
    await client.close();
    await server.stop();
  });
  const find = (of: ApiResource, name: string, namespace?: string): AnyObject | undefined => {
    try {
      return server.store.get(of, of.namespaced ? (namespace ?? NAMESPACE) : undefined, name);
    } catch {
      return undefined;
    }
  };
  const eventually: Harness['eventually'] = async (what, probe) => {
    for (let waited = 0; waited < 10_000; waited += 10) {
      const found = probe();
      if (found !== undefined && found !== false) return found;
      await sleep(10);
    }
    throw new Error(`${what} did not come about\n${log.slice(-15).join('')}`);
  };
  return {
    server,
    client,
    options,
    log,
    find,
    eventually,
    start,
    controller: await start(),
    put: (of, object) => server.put(of, object),
    remove: (of, name, namespace) =>
      void server.store.remove(of, of.namespaced ? (namespace ?? NAMESPACE) : undefined, name),
    quiet: async () => {
      for (let still = 0; still < 5;) {
        const before = server.requests.length;
        await sleep(30);
        still = server.requests.length === before && running.every((one) => one.isSettled()) ? still + 1 : 0;
      }
    },
  };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

export function policyServer(name = 'default', spec: Json = {}): Json & { metadata: { name: string } } {
  return { metadata: { name }, spec: { image: 'ghcr.io/ostiary/ostiary:v1', replicas: 1, ...spec } };
}

export const PODS_CREATE = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources: ['pods'],
} as const;

export function clusterPolicy(name: string, spec: Json = {}): Json & { metadata: { name: string } } {
  return {
    metadata: { name },
    spec: {
      policyServer: 'default',
      module: 'registry://r.example/p:v1',
      mode: 'protect',
      mutating: false,
      rules: [PODS_CREATE],
      timeoutSeconds: 10,
      ...spec,
    },
  };
}

/** A pod of a policy server that says what it serves; without `revision`, what the ConfigMap has now. */
export function putPod(
  harness: Pick<Harness, 'put' | 'find'>,
  options: {
    readonly name?: string;
    readonly server?: string;
    readonly ready?: boolean;
    readonly revision?: string;
    readonly failed?: Readonly<Record<string, string>>;
  } = {},
): AnyObject {
  const { name = 'pod-1', server = 'default', ready = true, failed = {} } = options;
  const revision = options.revision ?? revisionOf(harness, server) ?? '';
  return harness.put(WHOLE_PODS, {
    metadata: {
      namespace: NAMESPACE,
      name,
      labels: { [POLICY_SERVER_LABEL]: server },
      annotations: { [SERVING]: JSON.stringify({ revision, failed }) },
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  });
}

export function revisionOf({ find }: Pick<Harness, 'find'>, server = 'default'): string | undefined {
  return find(kinds.CONFIG_MAPS, `policy-server-${server}`)?.metadata.annotations?.[REVISION];
}

/** A stand-in for all pods of a server: whatever the ConfigMap has, is served a moment later. */
export function obedientPod(harness: Harness, server = 'default', name = `${server}-pod`): () => void {
  let last: string | undefined;
  const timer = setInterval(() => {
    const revision = revisionOf(harness, server);
    if (revision === undefined || revision === last) return;
    last = revision;
    putPod(harness, { name, server, revision });
  }, 15);
  return () => clearInterval(timer);
}

export const CAP = kinds.POLICY_RESOURCES.ClusterAdmissionPolicy;

export function condition(object: AnyObject | undefined, type: string): Loose {
  return object?.['status']?.conditions?.find((one: { type: string }) => one.type === type);
}

export const isActive = (h: Harness, name = 'a'): boolean =>
  condition(h.find(CAP, name), 'PolicyActive')?.status === 'True';

/** A harness with a server, a pod that obeys, and the active policy `a`. */
export async function withActivePolicy(
  t: TestContext,
  flags: Parameters<typeof startHarness>[1] = {},
  spec: Readonly<Record<string, unknown>> = {},
): Promise<Harness> {
  const h = await startHarness(t, flags);
  t.after(obedientPod(h));
  h.put(kinds.POLICY_SERVERS, policyServer());
  h.put(CAP, clusterPolicy('a', spec));
  await h.eventually('active', () => isActive(h));
  await h.quiet();
  return h;
}
