import { spawn, type ChildProcess } from 'node:child_process';
import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onCore } from './load.ts';

/** A server of this run, listening on loopback. */
export interface TestServer {
  readonly variant: 'ostiary' | 'echo';
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** Where a server runs and with how many threads. */
export interface Placement {
  readonly name: string;
  readonly threads: number;
  /** The cores of server and load generator; undefined: wherever the system puts them. */
  readonly serverCore: number | undefined;
  readonly loadCore: number | undefined;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5000;

const FREE_PORTS = ['--addr', '127.0.0.1', '--port', '0', '--readiness-probe-port', '0'];

/** `ostiary serve` with the example modules and a development certificate in `folder`. */
export function startOstiary(place: Placement, folder: string): Promise<TestServer> {
  return startServe(place, ['--data-dir', folder]);
}

/** The program as it stands in the sources. */
const PROGRAM = join(ROOT, 'packages/cli/bin/ostiary.js');

/** `ostiary serve` with these arguments. Resolves when it listens. */
export async function startServe(
  { threads, serverCore }: Placement,
  args: readonly string[],
  program = PROGRAM,
): Promise<TestServer> {
  const serve = ['serve', ...FREE_PORTS, '--log-format', 'json', '--serving-threads', String(threads), ...args];
  const child = start(onCore(serverCore, [process.execPath, program, ...serve]));
  const port = await portFrom(child, child.stderr!);
  return serverOf('ostiary', child, port);
}

/** The floor, with the certificate that `ostiary serve` has made in the folder; without a folder, over plain HTTP. */
export async function startEcho({ threads, serverCore }: Placement, folder?: string): Promise<TestServer> {
  const certificate =
    folder === undefined ? [] : [join(folder, 'development.pem'), join(folder, 'development-key.pem')];
  const script = fileURLToPath(new URL('echo-server.ts', import.meta.url));
  const child = start(onCore(serverCore, [process.execPath, script, String(threads), ...certificate]));
  child.stderr!.resume();
  return serverOf('echo', child, await portFrom(child, child.stdout!));
}

function start([command = '', ...args]: readonly string[]): ChildProcess {
  return spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The port of the first line of JSON that names one; everything after it is read and dropped. */
async function portFrom(child: ChildProcess, stream: NodeJS.ReadableStream): Promise<number> {
  if (stream !== child.stdout) child.stdout!.resume();
  const said: string[] = [];
  const timer = setTimeout(() => child.kill('SIGKILL'), START_LIMIT_MS);
  try {
    return await new Promise<number>((resolve, reject) => {
      createInterface({ input: stream }).on('line', (line) => {
        const port = portIn(line);
        if (port === undefined) said.push(line);
        else resolve(port);
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`the server did not start: ${said.slice(-5).join(' | ')}`)));
    });
  } finally {
    clearTimeout(timer);
  }
}

function portIn(line: string): number | undefined {
  if (!line.startsWith('{')) return undefined;
  const { port } = JSON.parse(line) as { readonly port?: unknown };
  return typeof port === 'number' ? port : undefined;
}

function serverOf(variant: TestServer['variant'], child: ChildProcess, port: number): TestServer {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(timer);
  };
  return { variant, pid: child.pid!, port, stop };
}

/** One request; the certificate is this run's own, made for loopback. @throws Error unless the status is 200 */
export function post(port: number, path: string, body: string, scheme: 'http' | 'https' = 'https'): Promise<string> {
  const request = scheme === 'https' ? requestSecure : requestPlain;
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const options = { host: '127.0.0.1', port, path, method: 'POST', headers, rejectUnauthorized: false, agent: false };
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${path} answered ${response.statusCode}: ${text.slice(0, 200)}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
