import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest, Agent, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { createAuthority, issueCertificate } from '@ostiary/pki';

const COMMAND = fileURLToPath(new URL('../../../packages/cli/bin/ostiary.js', import.meta.url));
const START_LIMIT_MS = 60_000;

/** Why the HTTP suites can't run, or undefined when they can. */
export const NO_SERVER = existsSync(COMMAND)
  ? undefined
  : 'the command line (packages/cli/bin/ostiary.js) is not there';

/** The three configuration files; a gate without modules is off. */
export interface Gates {
  readonly authn?: readonly object[];
  readonly authz?: readonly object[];
  readonly admission?: readonly object[];
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Send {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent one after the other, each `pauseMs` after the last. */
  readonly body?: readonly (string | Uint8Array)[];
  readonly pauseMs?: number;
}

/** A running `ostiary serve`, as its own process, with a certificate of its own. */
export interface TestServer {
  send(path: string, options?: Send): Promise<Reply>;
  /** A POST of one JSON body. */
  post(path: string, body: string | Uint8Array): Promise<Reply>;
  /** Writes bytes to a fresh connection and collects everything that comes back until it closes. */
  raw(bytes: string): Promise<string>;
  /** Opens a connection, writes bytes and destroys it. */
  abandon(bytes: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the server on free ports. Its folder and process are gone after {@link TestServer.stop}. */
export async function startServer(gates: Gates, flags: readonly string[] = []): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-conformance-'));
  const authority = createAuthority({ commonName: 'conformance', validForDays: 1, now: new Date() });
  const server = spawn(process.execPath, [COMMAND, 'serve', ...argumentsOf(gates, folder, authority), ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    const port = await listening(server);
    return client({ host: '127.0.0.1', port, ca: authority.certificatePem }, () => stop(server, folder));
  } catch (error) {
    await stop(server, folder);
    throw error;
  }
}

function argumentsOf(gates: Gates, folder: string, authority: ReturnType<typeof createAuthority>): string[] {
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const flags = { authn: 'authentication-wasm', authz: 'authorization-wasm', admission: 'admission-control' } as const;
  const files = Object.entries(gates).flatMap(([gate, modules]) => [
    `--${flags[gate as keyof Gates]}-config-file`,
    write(`${gate}.json`, JSON.stringify({ modules })),
  ]);
  const leaf = issueCertificate(authority, {
    commonName: 'ostiary',
    ipAddresses: ['127.0.0.1'],
    usages: ['server'],
    validForDays: 1,
    now: new Date(),
  });
  return [
    ...files,
    '--addr=127.0.0.1',
    '--port=0',
    '--readiness-probe-port=0',
    '--log-format=json',
    `--cert-file=${write('tls.crt', leaf.certificatePem)}`,
    `--key-file=${write('tls.key', leaf.privateKeyPem)}`,
  ];
}

/** Waits for the log line that names the port. */
async function listening(server: ChildProcess): Promise<number> {
  const log: string[] = [];
  return await new Promise<number>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`ostiary serve ${why}:\n${log.join('\n')}`));
    const limit = setTimeout(() => fail(`was not ready within ${START_LIMIT_MS / 1000} s`), START_LIMIT_MS);
    createInterface({ input: server.stderr! }).on('line', (line) => {
      log.push(line);
      const { message, port } = parsed(line);
      if (message !== 'serving' || typeof port !== 'number') return;
      clearTimeout(limit);
      resolve(port);
    });
    server.once('exit', (code) => {
      clearTimeout(limit);
      fail(`ended with ${code}`);
    });
  });
}

function parsed(line: string): { message?: unknown; port?: unknown } {
  return line.startsWith('{') ? (JSON.parse(line) as { message?: unknown; port?: unknown }) : {};
}

async function stop(server: ChildProcess, folder: string): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
}

function client(address: Address, end: () => Promise<void>): TestServer {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const send = (path: string, options: Send = {}): Promise<Reply> => sendRequest({ ...address, agent, path }, options);
  return {
    send,
    post: (path, body) => send(path, { headers: { 'content-type': 'application/json' }, body: [body] }),
    raw: (bytes) => exchange(address, bytes),
    abandon: (bytes) => abandon(address, bytes),
    stop: async () => {
      agent.destroy();
      await end();
    },
  };
}

async function sendRequest(
  to: RequestOptions,
  { method = 'POST', headers = {}, body = [], pauseMs = 0 }: Send,
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const request = httpsRequest({ ...to, method, headers: { ...lengthOf(body), ...headers } });
  // A server that answers before it has read everything may close the connection under the rest of the body.
  let answered = false;
  request.once('error', (error) => {
    if (!answered) reject(error);
  });
  request.once('response', (response) => {
    answered = true;
    const chunks: Uint8Array[] = [];
    const done = (): void =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() });
    response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    response.once('end', done);
    response.once('error', done);
  });
  for (const part of body) {
    request.write(part);
    if (pauseMs > 0) await new Promise((next) => setTimeout(next, pauseMs));
  }
  request.end();
  return promise;
}

/** One part is sent with its length, several are sent in chunks. */
function lengthOf(body: readonly (string | Uint8Array)[]): Record<string, string> {
  if (body.length > 1) return {};
  return { 'content-length': String(Buffer.byteLength(body[0] ?? '')) };
}

async function exchange({ host, port, ca }: Address, bytes: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    const socket = connect({ host, port, ca }, () => socket.write(bytes));
    socket.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    socket.once('close', () => resolve(Buffer.concat(chunks).toString()));
    socket.once('error', reject);
    socket.setTimeout(10_000, () => socket.destroy(new Error('the connection stayed open')));
  });
}

async function abandon({ host, port, ca }: Address, bytes: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, ca }, () => socket.write(bytes, () => socket.destroy()));
    socket.once('close', () => resolve());
    socket.once('error', reject);
  });
}
