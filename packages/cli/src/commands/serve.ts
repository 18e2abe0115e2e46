import { Command, InvalidArgumentError, Option } from 'commander';
import {
  createLog,
  developmentTls,
  serve,
  type Log,
  type LogFormat,
  type LogLevel,
  type RunningServer,
  type TlsFiles,
} from '@ostiary/server';
import { addGateFlags, gateFilesOf, namesAnyGate, type GateFlags } from '../gate-flags.ts';
import { DEFAULT_GATES, DEFAULT_MODULES_IN, tryItOut } from '../default-gates.ts';
import { readConfigOf } from '../read-config.ts';

interface ServeFlags extends GateFlags {
  readonly addr?: string;
  readonly port: number;
  readonly readinessProbePort: number;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly clientCaFile?: string[];
  readonly plainHttp?: true;
  readonly dataDir: string;
  readonly apiAudiences?: string[];
  readonly servingThreads?: number;
  readonly evaluationThreads?: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

export function serveCommand(): Command {
  const command = new Command('serve').description(
    'answer the API server at /authn, /authz, /admit and /admit-mut; without a gate flag, serve the examples on loopback',
  );
  addGateFlags(command)
    .addOption(
      new Option(
        '--api-audiences <audiences>',
        "the API server's own audiences, comma separated, for modules that do not know of audiences",
      ).argParser(commaList),
    )
    .optionsGroup('Listening:')
    .addOption(new Option('--addr <ip>', 'address to bind (default: 0.0.0.0; the examples: 127.0.0.1)'))
    .addOption(new Option('--port <port>', 'port of the gates; 0 picks a free one').default(3000).argParser(port))
    .addOption(
      new Option('--readiness-probe-port <port>', 'port of /readyz, /livez and /metrics, plain HTTP')
        .default(8081)
        .argParser(port),
    )
    .optionsGroup('Certificates:')
    .addOption(new Option('--cert-file <pem>', 'certificate chain, followed when it changes'))
    .addOption(new Option('--key-file <pem>', 'its private key'))
    .addOption(
      new Option('--client-ca-file <pems>', 'comma separated; clients must bring a certificate of theirs').argParser(
        commaList,
      ),
    )
    .addOption(new Option('--plain-http', 'no TLS, for a proxy in front'))
    .addOption(new Option('--data-dir <dir>', 'where the development certificate is kept').default('.ostiary'))
    .optionsGroup('Process:')
    .addOption(
      new Option('--serving-threads <n>', 'threads that answer requests (default: one per core)').argParser(count),
    )
    .addOption(
      new Option('--evaluation-threads <n>', 'threads for slow modules (default: cores + 1, at least 3)').argParser(
        count,
      ),
    )
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info'))
    .addOption(new Option('--log-format <format>').choices(['text', 'json']).default('text'));
  return command.action(run);
}

async function run(flags: ServeFlags, command: Command): Promise<void> {
  const files = gateFilesOf(flags);
  const examples = !namesAnyGate(files);
  const host = flags.addr ?? (examples ? '127.0.0.1' : '0.0.0.0');
  const log = createLog({
    level: flags.logLevel,
    format: flags.logFormat,
    write: (line) => process.stderr.write(line),
    now: () => new Date(),
  });
  const tls = await tlsOf(flags, host, command);
  const server = await serve({
    readConfig: examples
      ? readConfigOf(DEFAULT_GATES, { lenient: false, modulesIn: DEFAULT_MODULES_IN, log })
      : readConfigOf(files, { lenient: flags.lenient === true, log }),
    host,
    port: flags.port,
    probePort: flags.readinessProbePort,
    tls: tls?.files,
    apiAudiences: flags.apiAudiences,
    servingThreads: flags.servingThreads,
    evaluationThreads: flags.evaluationThreads,
    log,
    logFormat: { level: flags.logLevel, format: flags.logFormat },
  });
  log('info', 'serving', { addr: host, port: server.port, probePort: server.probePort, tls: tls !== undefined });
  if (examples) process.stdout.write(tryItOut(host, server.port, tls?.authority));
  await untilSignal(server, log);
}

interface TlsChoice {
  readonly files: TlsFiles;
  /** The development CA, when its certificate is the one in use. */
  readonly authority?: string;
}

async function tlsOf(flags: ServeFlags, host: string, command: Command): Promise<TlsChoice | undefined> {
  const { certFile, keyFile, clientCaFile = [] } = flags;
  if (flags.plainHttp) {
    if (certFile ?? keyFile ?? clientCaFile[0]) command.error('error: --plain-http excludes the certificate flags');
    return undefined;
  }
  if (certFile && keyFile) return { files: { certificate: certFile, privateKey: keyFile, clientCas: clientCaFile } };
  if (certFile ?? keyFile) command.error('error: --cert-file and --key-file go together');
  if (!isLoopback(host)) {
    command.error(
      `error: ${host} is reachable from outside: give --cert-file and --key-file, or --plain-http behind a proxy that ends TLS`,
    );
  }
  const made = await developmentTls(flags.dataDir, new Date());
  return { files: { ...made, clientCas: clientCaFile }, authority: made.authority };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** A supervisor that signals a process and its group sends the same signal twice in a moment: that is one request. */
const SECOND_SIGNAL_AFTER_MS = 500;

/** Serves until asked to end; a second request ends at once. SIGHUP asks for nothing: all files are followed anyway. */
async function untilSignal(server: RunningServer, log: Log): Promise<void> {
  process.on('SIGHUP', () => log('info', 'SIGHUP ignored: files are followed while they change'));
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  // Until the time is over, repetitions must not fall back to the default action either.
  const repeated = (): void => undefined;
  process.on('SIGINT', repeated).on('SIGTERM', repeated);
  setTimeout(() => {
    process.once('SIGINT', () => process.exit(1)).once('SIGTERM', () => process.exit(1));
  }, SECOND_SIGNAL_AFTER_MS).unref();
  log('info', 'stopping: answering what is in flight');
  await server.stop();
  log('info', 'stopped');
}

function commaList(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function port(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 65_535) throw new InvalidArgumentError('expected a port from 0 to 65535.');
  return number;
}

function count(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < 1 || number > 256)
    throw new InvalidArgumentError('expected a number from 1 to 256.');
  return number;
}
