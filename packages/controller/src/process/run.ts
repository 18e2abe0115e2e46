import {
  createDiscovery,
  createEventRecorder,
  systemClock,
  type Clock,
  type Discovery,
  type KubeClient,
} from '@ostiary/kube';
import type { Family } from '@ostiary/telemetry';
import { trustOf } from '../certificates/trust.ts';
import { createApplier } from '../cluster/applier.ts';
import { startCaches, type Caches } from '../cluster/caches.ts';
import { createHistory } from '../observe/history.ts';
import { AUDIT_SECRET, CA_SECRET, keyFor, WEBHOOK_SECRET, type Context } from '../reconcile/context.ts';
import { watchCluster } from '../reconcile/dispatch.ts';
import { readFeatures, type Features } from './features.ts';
import { startPlainServer, type PlainServer } from './http.ts';
import { createLeader, processIdentity, type Leader, type LeaseTimes } from './leader.ts';
import { messageOf, type ControllerLog } from './log.ts';
import { readMetrics, renderMetrics } from './metrics.ts';
import type { ControllerOptions } from './options.ts';
import { startPush } from './push.ts';
import { startOwnWebhooks, type OwnWebhooks } from './webhooks.ts';

/** What tests bend. */
export interface RunOverrides extends LeaseTimes {
  readonly clock?: Clock;
  readonly lingerMs?: number;
  /** Address of the webhook server; default: all. */
  readonly webhookHost?: string;
}

export interface RunningController {
  readonly webhookPort: () => number | undefined;
  readonly probePort: number | undefined;
  readonly metricsPort: number | undefined;
  readonly isLeader: () => boolean;
  /** Whether nothing waits to be looked at now. */
  readonly isSettled: () => boolean;
  /** Finishes what it is at, hands the lease over, and ends. */
  readonly stop: () => Promise<void>;
}

const SYNC_TIMEOUT_MS = 60_000;
const RETRY_MS = 2000;

/** An API server may call a webhook that was removed a second or two ago; five are more than that. */
const LINGER_MS = 5000;

interface Run {
  readonly client: KubeClient;
  readonly options: ControllerOptions;
  readonly log: ControllerLog;
  readonly clock: Clock;
  readonly overrides: RunOverrides;
}

/**
 * Runs a replica of the controller. Resolves once it follows the cluster; an API server that can't be reached, or that
 * lacks our kinds, is waited for. Rejects if a port can't be had.
 */
export async function runController(
  client: KubeClient,
  options: ControllerOptions,
  log: ControllerLog,
  overrides: RunOverrides = {},
): Promise<RunningController> {
  const { clock = systemClock } = overrides;
  const run: Run = { client, options, log, clock, overrides };
  const stopping = new AbortController();
  const { signal } = stopping;
  let webhooks: OwnWebhooks | undefined;
  const probes = await startProbes(options, () => webhooks?.port() !== undefined);
  const discovery = createDiscovery(client);
  const features = await patiently(run, signal, () => requiredFeatures(client, discovery));
  const caches = startCachesFor(run, features);
  await patiently(run, signal, async () => {
    await Promise.all(caches.all().map((cache) => cache.ready(SYNC_TIMEOUT_MS)));
  });
  const leader = createLeader(options.leaderElect, overrides);
  watchCluster(caches, leader.enqueue);
  const host = overrides.webhookHost;
  const onListening = (): void => leader.enqueue(keyFor('Certificates'));
  webhooks = startOwnWebhooks({ caches, discovery, options, log, host, onListening });
  const context = makeContext(run, caches, features, leader, webhooks);
  const leading = leader.run(context, signal);
  const read = metricsReader(run, caches, leader);
  const metrics = await startMetrics(options, read);
  const push = startPush(options, leader.isLeading, read, log);
  return {
    webhookPort: webhooks.port,
    probePort: probes?.port,
    metricsPort: metrics?.port,
    isLeader: leader.isLeading,
    isSettled: () => {
      const { depth = 0, running = 0 } = leader.queue() ?? {};
      return depth === 0 && running === 0;
    },
    stop: async () => {
      stopping.abort();
      await leading;
      // What other replicas do not get any more is still answered.
      await Promise.all([webhooks.stop(), push?.stop()]);
      await caches.stop();
      await context.events.flush();
      await metrics?.stop();
      await probes?.stop();
    },
  };
}

async function requiredFeatures(client: KubeClient, discovery: Discovery): Promise<Features> {
  const features = await readFeatures(client, discovery);
  if (features.missing.length > 0) throw new Error(`these kinds are not installed: ${features.missing.join(', ')}`);
  return features;
}

function startCachesFor({ client, options, log }: Run, { moduleKinds }: Features): Caches {
  const { namespace, idScheme, clientCaConfigMap } = options;
  return startCaches({
    client,
    namespace,
    idScheme,
    moduleKinds,
    secretNames: new Set([CA_SECRET, WEBHOOK_SECRET, AUDIT_SECRET]),
    configMapNames: new Set(clientCaConfigMap === undefined ? [] : [clientCaConfigMap]),
    onError: (error) => log('error', 'an event could not be handled', { cause: messageOf(error) }),
  });
}

function makeContext(
  { client, options, log, clock, overrides }: Run,
  caches: Caches,
  { hasMatchConditions }: Features,
  { enqueue }: Leader,
  webhooks: OwnWebhooks,
): Context {
  return {
    client,
    options,
    caches,
    log,
    clock,
    enqueue,
    hasMatchConditions,
    webhooksListen: () => webhooks.port() !== undefined,
    applier: createApplier(client),
    events: createEventRecorder(client, {
      component: 'ostiary.dev/controller',
      reportingInstance: processIdentity(),
      onError: (error) => log('debug', 'an event could not be written', { cause: messageOf(error) }),
    }),
    history: createHistory(),
    lingerMs: overrides.lingerMs ?? LINGER_MS,
    lingering: new Map(),
    revisions: new Map(),
    delivered: new Map(),
    trust: () => trustOf(caches.secrets.get(options.namespace, CA_SECRET), clock.date()),
  };
}

/** Again and again until it works or we are asked to end. */
async function patiently<T>({ clock, log }: Run, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      log('warn', 'the API server can not be used yet', { cause: messageOf(error) });
      await clock.sleep(RETRY_MS, signal);
      signal.throwIfAborted();
    }
  }
}

async function startProbes(
  { probeAddress }: ControllerOptions,
  isReady: () => boolean,
): Promise<PlainServer | undefined> {
  if (probeAddress === undefined) return undefined;
  return startPlainServer(probeAddress, {
    '/healthz': () => ({ status: 200, body: 'ok\n' }),
    '/readyz': () =>
      isReady() ? { status: 200, body: 'ok\n' } : { status: 503, body: 'the webhooks do not listen yet\n' },
  });
}

function metricsReader({ options, client }: Run, caches: Caches, leader: Leader): () => readonly Family[] {
  return () =>
    readMetrics(caches, options, client, {
      isLeader: leader.isLeading(),
      queue: leader.queue(),
      reconciles: leader.counts,
    });
}

async function startMetrics(
  { metricsAddress }: ControllerOptions,
  read: () => readonly Family[],
): Promise<PlainServer | undefined> {
  if (metricsAddress === undefined) return undefined;
  return startPlainServer(metricsAddress, {
    '/metrics': () => ({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: renderMetrics(read()),
    }),
  });
}
