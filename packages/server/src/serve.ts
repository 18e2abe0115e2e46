import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { SecureContextOptions } from 'node:tls';
import { createControl } from '@ostiary/sandbox';
import type { Telemetry } from '@ostiary/telemetry';
import type { GatesConfig } from './config/types.ts';
import { EvaluationPool } from './evaluation/pool.ts';
import type { FailureMode } from './generation/context.ts';
import { policyList, type PolicyListEntry } from './generation/policy-list.ts';
import { DEFAULT_POLICY_OPTIONS, type PolicyOptions } from './generation/policy-options.ts';
import { failedModules, modulesOf } from './generation/spec.ts';
import { GenerationSupervisor } from './generation/supervisor.ts';
import { TrackedFiles } from './generation/tracked-files.ts';
import { watchFiles, type FileWatch } from './generation/watch.ts';
import { startProbe } from './http/probe.ts';
import type { Log, LogFormat, LogLevel } from './log.ts';
import { processFamilies } from './metrics/process-metrics.ts';
import { cellOf, counterFamily, mergeFamilies, renderFamilies } from './metrics/registry.ts';
import { ServingThreads, type HostCallOptions } from './serving/threads.ts';
import { startTicker } from './ticker/start.ts';
import { readTls, type TlsFiles } from './tls/files.ts';

export interface ServeOptions {
  /** Reads the gates' configuration through the tracked files; called again at each change. */
  readonly readConfig: (files: TrackedFiles) => Promise<GatesConfig>;
  readonly host: string;
  readonly port: number;
  readonly probePort: number;
  /** Undefined: plain HTTP. */
  readonly tls: TlsFiles | undefined;
  readonly apiAudiences?: readonly string[] | undefined;
  /** What becomes of the server when a module can't be loaded; default `strict`. */
  readonly failureMode?: FailureMode | undefined;
  /** How policies are fetched, verified and bounded in time; what is left out has its default. */
  readonly policies?: Partial<PolicyOptions> | undefined;
  /** Who answers what policies ask their host; what a policy may ask is for it to check. Default: all is refused. */
  readonly hostCalls?: HostCallOptions | undefined;
  /** Requests of this namespace pass policies unseen (contract: policy-server §5.1). */
  readonly alwaysAcceptNamespace?: string | undefined;
  /** Threads that listen; default one per core. More than one needs a kernel that shares a port, as Linux does. */
  readonly servingThreads?: number | undefined;
  /** Threads for modules that are slow; default one more than cores, at least three, so that one runaway never holds all. */
  readonly evaluationThreads?: number | undefined;
  /** What is pushed by OTLP over gRPC; where to is in the variables `OTEL_EXPORTER_OTLP_*`. Default: nothing. */
  readonly telemetry?: { readonly metrics: boolean; readonly traces: boolean } | undefined;
  /** Whether /debug/pprof on the probe port says why there are no profiles. */
  readonly pprof?: boolean | undefined;
  /** How long requests are still taken after `stop` has made the server unready, in milliseconds; default 0. */
  readonly unreadyMs?: number | undefined;
  readonly log: Log;
  /** How the threads log; `log` is the control thread's. */
  readonly logFormat: { readonly level: LogLevel; readonly format: LogFormat };
}

export interface RunningServer {
  readonly port: number;
  readonly probePort: number;
  /** What is known of each policy, for people and controllers. */
  policies(): readonly PolicyListEntry[];
  /** Modules of gates that could not be loaded. */
  failedModules(): readonly { readonly gate: string; readonly name: string; readonly error: string }[];
  /** What keeps the newest configuration from serving; empty when it serves. */
  problems(): readonly string[];
  /** Reads the configuration again. Resolves when it serves, or when it is refused and the old one goes on. */
  reload(): Promise<void>;
  /** Says unready, answers what is in flight, then ends. */
  stop(): Promise<void>;
}

/** How long requests in flight may take at shutdown: the longest time-out that a webhook can have is 30 s. */
const DRAIN_LIMIT_MS = 30_000;

/** As long as TLS session tickets of Node want it. */
const TICKET_KEY_BYTES = 48;

/** What has been started, newest last; stopped in the opposite order. */
type Started = { stop(): Promise<unknown> | void }[];

/**
 * Starts the gates: loads the configuration, then listens. Nothing listens before every module is ready.
 *
 * @throws ConfigError, LoadError or TlsError, or the error of the socket; nothing remains running then
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const started: Started = [];
  try {
    return await start(options, started);
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

async function stopAll(started: Started): Promise<void> {
  for (const part of started.toReversed()) await part.stop();
}

async function start(options: ServeOptions, started: Started): Promise<RunningServer> {
  const {
    readConfig,
    host,
    port,
    log,
    apiAudiences,
    alwaysAcceptNamespace,
    failureMode = 'strict',
    logFormat,
  } = options;
  const controls = makeControls(options);
  started.push(startTicker([...controls.serving, ...controls.evaluation]));
  const pool = EvaluationPool.start(controls.evaluation);
  started.push({ stop: () => pool.close() });

  const reloads = counterFamily('ostiary_config_reloads_total', 'Attempts to load a new generation, by result.');
  const onReload = (result: string): void => void cellOf(reloads, { result }).value++;
  const policies = { ...DEFAULT_POLICY_OPTIONS, ...options.policies };
  const supervisor = await GenerationSupervisor.start({ readConfig, pool, failureMode, policies, onReload, log });
  started.push(supervisor);

  const tlsFiles = new TrackedFiles();
  const tls = options.tls && withTicketKeys(await readTls(options.tls, tlsFiles));
  const telemetry = await startTelemetryOf(options);
  if (telemetry) started.push(telemetry);
  const { hostCalls } = options;
  if (hostCalls?.stop) started.push({ stop: () => hostCalls.stop?.() });
  const serving = await ServingThreads.start(
    {
      telemetry: telemetry?.link,
      hostCalls,
      host,
      port,
      tls,
      apiAudiences,
      alwaysAcceptNamespace,
      log: logFormat,
      controls: controls.serving,
      pool,
      write: log,
    },
    supervisor.generation,
  );
  started.push({ stop: () => serving.stop(DRAIN_LIMIT_MS) });
  supervisor.swap = (next, activated) => serving.swap(next, activated);
  const certificates = options.tls && new CertificateFollower(options.tls, tlsFiles, serving, log);
  if (certificates) started.push(certificates);

  let stopping = false;
  const probe = await startProbe({
    host,
    port: options.probePort,
    pprof: options.pprof,
    policies: () => policyList(supervisor.generation, (key) => pool.isQuarantined(key)),
    readiness: () => readiness(supervisor, pool, certificates?.problem, stopping),
    metrics: async () => {
      const readings = {
        generation: supervisor.generation,
        newestServes: supervisor.problems.length === 0,
        newestCertificatesServe: certificates?.problem === undefined,
        pool: pool.stats(),
        servingThreads: serving.count,
        servingThreadsReplaced: serving.replaced,
      };
      const own = [[reloads], processFamilies(readings), hostCalls?.families?.() ?? []];
      return renderFamilies(mergeFamilies([...(await serving.collect()), ...own]));
    },
  });
  for (const { gate, module } of modulesOf(supervisor.generation)) {
    log('info', 'module loaded', { gate, module: module.name, digest: module.digest });
  }
  return {
    port: serving.port,
    probePort: probe.port,
    policies: () => policyList(supervisor.generation, (key) => pool.isQuarantined(key)),
    problems: () => supervisor.problems,
    reload: () => supervisor.reload(),
    failedModules: () => failedModules(supervisor.generation),
    async stop() {
      stopping = true;
      await new Promise((resolve) => setTimeout(resolve, options.unreadyMs ?? 0));
      await stopAll(started);
      await probe.close();
    },
  };
}

/** What exports is loaded only when it is wanted. */
async function startTelemetryOf({ telemetry, log }: ServeOptions): Promise<Telemetry | undefined> {
  if (!telemetry?.metrics && !telemetry?.traces) return undefined;
  const { startTelemetry } = await import('@ostiary/telemetry');
  return startTelemetry({ ...telemetry, log });
}

function makeControls({
  servingThreads,
  evaluationThreads,
}: ServeOptions): Record<'serving' | 'evaluation', ReturnType<typeof createControl>[]> {
  const cores = availableParallelism();
  const make = (count: number): ReturnType<typeof createControl>[] => Array.from({ length: count }, createControl);
  return {
    serving: make(servingThreads ?? (process.platform === 'linux' ? cores : 1)),
    evaluation: make(evaluationThreads ?? Math.max(3, cores + 1)),
  };
}

function readiness(
  { generation, problems }: GenerationSupervisor,
  pool: EvaluationPool,
  certificateProblem: string | undefined,
  stopping: boolean,
): { ready: boolean; detail: Readonly<Record<string, unknown>> } {
  const failed = failedModules(generation);
  const policies = policyList(generation, (key) => pool.isQuarantined(key));
  return {
    ready: !stopping,
    detail: {
      generation: generation.number,
      modules: modulesOf(generation).map(({ gate, module: { name, digest, guest } }) => ({
        gate,
        name,
        digest: `sha256:${digest}`,
        ...(pool.isQuarantined(guest.key) && { quarantined: true }),
      })),
      ...(failed.length > 0 && { failedModules: failed }),
      ...(policies.length > 0 && { policies: countsByState(policies) }),
      ...(problems.length > 0 && { newestConfigurationRefused: problems }),
      ...(certificateProblem !== undefined && { newestCertificatesRefused: certificateProblem }),
      ...(stopping && { stopping }),
    },
  };
}

function countsByState(policies: readonly PolicyListEntry[]): Readonly<Record<string, number>> {
  const failed = policies.filter(({ state }) => state === 'failed').length;
  return { ready: policies.length - failed, failed };
}

/**
 * Sessions begun on one thread can be resumed on every other. New certificates come with new keys: a session that an
 * authority vouched for which is not trusted any more must not be resumed.
 */
function withTicketKeys(tls: SecureContextOptions): SecureContextOptions {
  return { ...tls, ticketKeys: randomBytes(TICKET_KEY_BYTES) };
}

/** Follows the certificate files; a new pair that can't be used leaves the old one serving. */
class CertificateFollower {
  /** Why the newest pair does not serve; undefined when it does. */
  problem: string | undefined;
  readonly #watch: FileWatch;

  constructor(tls: TlsFiles, first: TrackedFiles, serving: ServingThreads, log: Log) {
    this.#watch = watchFiles(() => void this.#replace(tls, serving, log));
    this.#watch.follow(first.seen);
  }

  stop(): void {
    this.#watch.stop();
  }

  async #replace(tls: TlsFiles, serving: ServingThreads, log: Log): Promise<void> {
    const files = new TrackedFiles();
    try {
      serving.replaceCertificates(withTicketKeys(await readTls(tls, files)));
      this.problem = undefined;
      log('info', 'certificates reloaded');
    } catch (error) {
      this.problem = (error as Error).message;
      log('error', 'certificates refused, the old ones go on serving', { problem: this.problem });
    }
    this.#watch.follow(files.seen);
  }
}
