import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the load generator saw; times are microseconds. */
export interface Load {
  readonly requests: number;
  readonly micros: number;
  readonly p50: number;
  readonly p99: number;
  /** Answers other than 200 and broken connections. */
  readonly errors: number;
}

export interface LoadOptions {
  readonly url: string;
  /** The file that is posted. */
  readonly bodyFile: string;
  readonly connections: number;
  readonly seconds: number;
  /** The core of the load generator; undefined for any. */
  readonly core: number | undefined;
}

const SCRIPT = fileURLToPath(new URL('post.lua', import.meta.url));
/** How much longer than it was told the generator may run. */
const GRACE_MS = 10_000;

/** Posts as fast as the server answers, on one thread. @throws Error when wrk fails or does not end */
export async function runLoad({ url, bodyFile, connections, seconds, core }: LoadOptions): Promise<Load> {
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '5s', '-s', SCRIPT, url];
  const [command = 'wrk', ...args] = onCore(core, wrk);
  const child = spawn(command, args, {
    env: { ...process.env, BENCH_BODY: bodyFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000 + GRACE_MS);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  clearTimeout(timer);
  const line = text.split('\n').findLast((each) => each.startsWith('{'));
  if (code !== 0 || line === undefined) throw new Error(`wrk failed: ${text.trim().slice(-300)}`);
  return JSON.parse(line) as Load;
}

/** The command, kept to one core when one is given. */
export function onCore(core: number | undefined, command: readonly string[]): readonly string[] {
  return core === undefined ? command : ['taskset', '-c', String(core), ...command];
}
