import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { writePolicies } from './policies.ts';

const COMMAND = fileURLToPath(new URL('../../../packages/cli/bin/policy-server.js', import.meta.url));
const START_LIMIT_MS = 60_000;
/** Another server to be asked, which serves what `prepare.ts` wrote, goes on after errors and accepts `ALWAYS`. */
const ELSEWHERE = process.env['OSTIARY_CONFORMANCE_URL'];

/** Why the suite can't run; false when it can. */
export const SKIPPED =
  ELSEWHERE !== undefined || existsSync(COMMAND) ? false : 'packages/cli/bin/policy-server.js is not there';

/** The namespace whose requests pass unseen. */
export const ALWAYS = 'always-accepted';

export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** Asks the server of the test file that calls it; started before the first test and gone after the last. */
export function policyServer(): (path: string, body: string | object) => Promise<Answer> {
  let url = ELSEWHERE ?? '';
  let stop = (): Promise<void> => Promise.resolve();
  before(async () => {
    if (ELSEWHERE === undefined && !SKIPPED) ({ url, stop } = await start());
  });
  after(() => stop());
  return async (path, body) => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
}

/** Starts a server with the variables that Kubewarden's controller sets, and others given. */
export async function start(env: NodeJS.ProcessEnv = {}): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-conformance-'));
  const server = spawn(process.execPath, [COMMAND], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      KUBEWARDEN_BIND_ADDRESS: '127.0.0.1',
      KUBEWARDEN_PORT: '0',
      KUBEWARDEN_READINESS_PROBE_PORT: '0',
      KUBEWARDEN_POLICIES: writePolicies(folder),
      KUBEWARDEN_CONTINUE_ON_ERRORS: 'true',
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
  try {
    return { url: `http://127.0.0.1:${await listening(server)}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for the log line that names the port. */
async function listening(server: ChildProcess): Promise<number> {
  const log: string[] = [];
  return await new Promise<number>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`policy-server ${why}:\n${log.join('\n')}`));
    const limit = setTimeout(() => fail(`was not ready within ${START_LIMIT_MS / 1000} s`), START_LIMIT_MS);
    const lines = createInterface({ input: server.stderr! });
    lines.on('line', (line) => {
      log.push(line);
      const port = /"message":"serving".*"port":(\d+)/.exec(line)?.[1];
      if (port === undefined) return;
      clearTimeout(limit);
      resolve(Number(port));
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
