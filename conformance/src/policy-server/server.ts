import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { writePolicies, type PolicySet } from './policies.ts';

const COMMAND = fileURLToPath(new URL('../../../packages/cli/bin/policy-server.js', import.meta.url));
const START_LIMIT_MS = 60_000;
/** Another server to be asked, which serves what `prepare.ts` wrote, goes on after errors and accepts `ALWAYS`. */
const ELSEWHERE = process.env['OSTIARY_CONFORMANCE_URL'];

/** Why the suite can't run; false when it can. */
export const SKIPPED =
  ELSEWHERE !== undefined || existsSync(COMMAND) ? false : 'packages/cli/bin/policy-server.js is not there';

/** Why tests that look at more than answers can't run; false when they can. */
export const startsHere = ELSEWHERE === undefined ? false : 'only a server that is started here shows that';

/** The namespace whose requests pass unseen. */
export const ALWAYS = 'always-accepted';

export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/**
 * Asks the server of the test file that calls it; started with a set of policies before the first test and gone after the
 * last. Another server serves all sets.
 */
export function policyServer(set: PolicySet = 'assembled'): (path: string, body: string | object) => Promise<Answer> {
  let url = ELSEWHERE ?? '';
  let stop = (): Promise<void> => Promise.resolve();
  before(async () => {
    if (ELSEWHERE === undefined && !SKIPPED) ({ url, stop } = await start({ sets: [set] }));
  });
  after(() => stop());
  return (path, body) => askAt(url)(path, body);
}

/** Asks a server. */
export function askAt(url: string): (path: string, body: string | object) => Promise<Answer> {
  return async (path, body) => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
}

/** What a test asks of a server of its own. */
export interface StartOptions {
  /** Beside the variables that Kubewarden's controller sets, or in their place. */
  readonly env?: NodeJS.ProcessEnv;
  readonly sets?: readonly PolicySet[];
  /** In place of the sets: writes into the server's folder what `policies.yml` in it needs, and gives its text. */
  readonly policies?: (folder: string) => string;
}

/** A server that has started. */
export interface Started {
  readonly url: string;
  /** Of readiness and metrics. */
  readonly probeUrl: string;
  /** Everything that it has logged so far. */
  readonly log: readonly string[];
  readonly stop: () => Promise<void>;
}

/** Starts a server with the variables that Kubewarden's controller sets; rejects with its log when it ends. */
export async function start({ env = {}, sets = ['assembled'], policies }: StartOptions = {}): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-conformance-'));
  const file = policies ? join(folder, 'policies.yml') : writePolicies(folder, sets);
  if (policies) writeFileSync(file, policies(folder));
  const server = spawn(process.execPath, [COMMAND], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      KUBEWARDEN_BIND_ADDRESS: '127.0.0.1',
      KUBEWARDEN_PORT: '0',
      KUBEWARDEN_READINESS_PROBE_PORT: '0',
      KUBEWARDEN_POLICIES: file,
      KUBEWARDEN_POLICIES_DOWNLOAD_DIR: folder,
      KUBEWARDEN_CONTINUE_ON_ERRORS: 'true',
      KUBEWARDEN_IGNORE_KUBERNETES_CONNECTION_FAILURE: 'true',
      KUBEWARDEN_ALWAYS_ACCEPT_ADMISSION_REVIEWS_ON_NAMESPACE: ALWAYS,
      KUBEWARDEN_WORKERS: '1',
      KUBEWARDEN_LOG_FMT: 'json',
      ...env,
    },
  });
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const log: string[] = [];
  try {
    const { port, probePort } = await listening(server, log);
    return { url: `http://127.0.0.1:${port}`, probeUrl: `http://127.0.0.1:${probePort}`, log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for the log line that names the ports. */
async function listening(server: ChildProcess, log: string[]): Promise<{ port: string; probePort: string }> {
  return await new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`policy-server ${why}:\n${log.join('\n')}`));
    const limit = setTimeout(() => fail(`was not ready within ${START_LIMIT_MS / 1000} s`), START_LIMIT_MS);
    const lines = createInterface({ input: server.stderr! });
    lines.on('line', (line) => {
      log.push(line);
      const [, port, probePort] = /"message":"serving".*"port":(\d+),"probePort":(\d+)/.exec(line) ?? [];
      if (port === undefined || probePort === undefined) return;
      clearTimeout(limit);
      resolve({ port, probePort });
    });
    lines.once('close', () => {
      clearTimeout(limit);
      fail('ended');
    });
  });
}

interface Difference {
  readonly id: string;
  readonly section: string;
  readonly theirs: string;
  readonly ours: string;
  readonly why: string;
}

export const DIFFERENCES = JSON.parse(
  readFileSync(new URL('./known-differences.json', import.meta.url), 'utf8'),
) as readonly Difference[];

/** The name of a test of something that the original does otherwise, on purpose. */
export function differing(id: string, name: string): string {
  if (!DIFFERENCES.some((difference) => difference.id === id)) throw new Error(`${id} is no known difference`);
  return `${name} [${id}]`;
}
