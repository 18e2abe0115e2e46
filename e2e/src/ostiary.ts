import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { logTail, startDaemon, waitFor, type Daemon } from './daemon.ts';
import { HarnessError } from './errors.ts';

/** The checkout: the folder that relative module paths of the example configuration start from. */
export const ROOT = join(import.meta.dirname, '..', '..');

const CLI = join(ROOT, 'packages', 'cli', 'bin', 'ostiary.js');
const LEASH = join(import.meta.dirname, 'leash.ts');
const START_TIMEOUT_MS = 30_000;

/** Configuration files of the three gates. */
export interface GateConfigs {
  readonly authentication: string;
  readonly authorization: string;
  readonly admission: string;
}

/** How `ostiary serve` is started. */
export interface OstiaryOptions {
  /** Takes the log. */
  readonly dir: string;
  readonly configs: GateConfigs;
  readonly port: number;
  readonly readinessPort: number;
  readonly certFile: string;
  readonly keyFile: string;
  /** Clients must bring a certificate of this authority. Default: anybody may ask. */
  readonly clientCaFile?: string;
}

/** A running `ostiary serve`. */
export interface Ostiary {
  readonly url: string;
  /** Ends it as a crash would, with SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Starts it again with the same options and waits until it is ready. */
  readonly start: () => Promise<void>;
  /** The end of its log. */
  readonly logTail: (lines?: number) => string;
}

/** Starts `ostiary serve` and resolves when its readiness probe says yes. */
export async function startOstiary(options: OstiaryOptions): Promise<Ostiary> {
  let daemon: Daemon = await serve(options);
  return {
    url: serverUrl(options.port),
    kill: () => daemon.stop('SIGKILL'),
    start: async () => {
      daemon = await serve(options);
    },
    logTail: (lines) => logTail(daemon, lines),
  };
}

async function serve(options: OstiaryOptions): Promise<Daemon> {
  const { dir, configs, port, readinessPort, certFile, keyFile, clientCaFile } = options;
  const daemon = await startDaemon({
    name: 'ostiary',
    command: process.execPath,
    args: [
      CLI,
      'serve',
      '--addr=127.0.0.1',
      `--port=${port}`,
      `--readiness-probe-port=${readinessPort}`,
      `--cert-file=${certFile}`,
      `--key-file=${keyFile}`,
      ...(clientCaFile === undefined ? [] : [`--client-ca-file=${clientCaFile}`]),
      ...configFlags(configs),
    ],
    dir,
    cwd: ROOT,
    // The command may start Node once more; a variable reaches that one too, an argument would not.
    env: { NODE_OPTIONS: `--import=${LEASH}` },
  });
  await waitFor(daemon, {
    what: 'Ostiary to be ready',
    probe: () => isReady(readinessPort),
    timeoutMs: START_TIMEOUT_MS,
  }).catch(async (error: unknown) => {
    await daemon.stop();
    throw error;
  });
  return daemon;
}

/** What `ostiary generate apiserver` wrote. */
export interface Generated {
  /** The flags to add to the API server, comments left out. */
  readonly flags: readonly string[];
  /** The authorization flags for older API servers, which are among the comments. */
  readonly olderAuthorizationFlags: readonly string[];
  /** Webhook configurations, to be applied. */
  readonly webhookConfigurations: string;
}

/** What `ostiary generate apiserver` is told. */
export interface GenerateOptions {
  readonly configs: GateConfigs;
  /** Port of Ostiary on 127.0.0.1. */
  readonly port: number;
  readonly caFile: string;
  readonly output: string;
  /** What the API server shows Ostiary, if anything. */
  readonly client?: { readonly certFile: string; readonly keyFile: string };
}

/** Runs `ostiary generate apiserver` into `output`. Throws with what it printed if it fails. */
export async function generateApiServer(options: GenerateOptions): Promise<Generated> {
  const { configs, port, caFile, output, client } = options;
  const args = [
    'generate',
    'apiserver',
    `--server=${serverUrl(port)}`,
    `--ca-file=${caFile}`,
    `--output=${output}`,
    // The API server runs beside us, so what it would find under a mount is where it was written.
    `--mount-path=${output}`,
    ...(client === undefined ? [] : [`--client-cert-file=${client.certFile}`, `--client-key-file=${client.keyFile}`]),
    ...configFlags(configs),
  ];
  const { code, stdout, stderr } = await runCommand(process.execPath, [CLI, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: output },
    cwd: ROOT,
  });
  if (code !== 0) throw new HarnessError('PROCESS_ENDED', `ostiary generate ended with ${code}:\n${stdout}${stderr}`);
  const lines = (await readFile(join(output, 'flags.txt'), 'utf8')).split('\n').map((line) => line.trim());
  return {
    flags: lines.filter((line) => line.startsWith('--')),
    olderAuthorizationFlags: lines.filter((line) => line.startsWith('# --authorization-')).map((line) => line.slice(2)),
    webhookConfigurations: join(output, 'webhook-configurations.yaml'),
  };
}

function configFlags(configs: GateConfigs): string[] {
  return [
    `--authentication-wasm-config-file=${configs.authentication}`,
    `--authorization-wasm-config-file=${configs.authorization}`,
    `--admission-control-config-file=${configs.admission}`,
  ];
}

function serverUrl(port: number): string {
  return `https://127.0.0.1:${port}`;
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = request({ host: '127.0.0.1', port, path: '/readiness', agent: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    probe.once('error', reject);
    probe.end();
  });
}
