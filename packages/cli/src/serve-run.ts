import type { Command } from 'commander';
import {
  createLog,
  serve,
  type GateFiles,
  type LogFormat,
  type LogLevel,
  type ServeOptions,
  type ServerSettings,
} from '@ostiary/server';
import { DEFAULT_GATES, DEFAULT_MODULES_IN, tryItOut } from './default-gates.ts';
import { namesAnyGate } from './gate-flags.ts';
import { readConfigOf } from './read-config.ts';
import { clusterSourceOf } from './serve-cluster.ts';
import { startDaemon, tellServing } from './serve-daemon.ts';
import { policyOptionsOf } from './serve-policies.ts';
import { registryOptionsOf } from './serve-registry.ts';
import { untilSignal } from './serve-signals.ts';
import { tlsOf } from './serve-tls.ts';

const MIN_EVALUATION_THREADS = 3;

/** Serves with these settings until a signal, or starts a process that does. */
export async function runServer(given: ServerSettings, args: readonly string[], command: Command): Promise<void> {
  if (given.daemon) return startDaemon(args, given);
  // What comes from the cluster takes the place of the file of policies.
  const settings = given.policiesFromCluster === undefined ? given : { ...given, policies: given.policiesFromCluster };
  const gates = gateFilesIn(settings);
  const examples = !namesAnyGate(gates);
  const host = unbracketed(settings.addr) ?? (mayBeReached(settings) ? '0.0.0.0' : '127.0.0.1');
  const logFormat = logFormatOf(settings);
  const log = createLog({ ...logFormat, write: (line) => process.stderr.write(line), now: () => new Date() });
  const tls = await tlsOf(settings, host, command);
  const cluster = await clusterSourceOf(settings, command, log);
  const registry = registryOptionsOf(settings, log);
  const readConfig: ServeOptions['readConfig'] = cluster
    ? () => cluster.readConfig()
    : examples
      ? readConfigOf(DEFAULT_GATES, { lenient: false, modulesIn: DEFAULT_MODULES_IN, log })
      : readConfigOf(gates, { lenient: settings.lenient, log });
  const server = await serve({
    async readConfig(files) {
      await registry.follow(files);
      return readConfig(files);
    },
    host,
    port: settings.port,
    probePort: settings.readinessProbePort,
    tls: tls?.files,
    apiAudiences: settings.apiAudiences,
    ...threadsOf(settings),
    ...(await policyOptionsOf(settings, registry, log, logFormat)),
    telemetry: { metrics: settings.enableMetrics, traces: settings.logFmt === 'otlp' },
    pprof: settings.enablePprof,
    unreadyMs: settings.unreadyBeforeClose ?? (inCluster() ? IN_CLUSTER_UNREADY_MS : 0),
    log,
    logFormat,
  });
  log('info', 'serving', { addr: host, port: server.port, probePort: server.probePort, tls: tls !== undefined });
  if (examples) process.stdout.write(tryItOut(host, server.port, tls?.authority));
  tellServing();
  cluster?.drive(server);
  await untilSignal(server, log);
  await cluster?.stop();
}

/** Without certificates nobody else is to be asked to trust the line, so that only this machine can use it. */
function mayBeReached({ certFile, plainHttp }: ServerSettings): boolean {
  return certFile !== undefined || plainHttp === true;
}

/** Addresses of IPv6 stand in brackets where a port may follow (contract: policy-server §1.1). */
function unbracketed(addr: string | undefined): string | undefined {
  return addr === undefined ? undefined : (/^\[(.+)\]$/.exec(addr)?.[1] ?? addr);
}

/**
 * How long a Service may go on sending requests to a pod that says it is not ready: endpoints take a moment to reach every
 * node.
 */
const IN_CLUSTER_UNREADY_MS = 5000;

function inCluster(): boolean {
  return (process.env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
}

function gateFilesIn(settings: ServerSettings): GateFiles {
  return {
    authentication: settings.authenticationWasmConfigFile,
    authorization: settings.authorizationWasmConfigFile,
    admission: settings.admissionControlConfigFile,
    policies: settings.policies,
  };
}

/**
 * `--workers` is how many requests are worked on at once, and a thread works on one. There are more evaluation threads, so
 * that one runaway never holds all.
 */
function threadsOf(settings: ServerSettings): Pick<ServeOptions, 'servingThreads' | 'evaluationThreads'> {
  const { workers } = settings;
  return {
    servingThreads: settings.servingThreads ?? workers,
    evaluationThreads: settings.evaluationThreads ?? (workers && Math.max(MIN_EVALUATION_THREADS, workers + 1)),
  };
}

function logFormatOf({ logLevel, logFmt }: ServerSettings): { level: LogLevel; format: LogFormat } {
  return { level: logLevel === 'trace' ? 'debug' : logLevel, format: logFmt === 'json' ? 'json' : 'text' };
}
