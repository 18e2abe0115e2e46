import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { onProcessEnd } from '../cleanup.ts';
import { ROOT } from '../ostiary.ts';
import { usageOf, type Usage } from './usage.ts';

const CLI = join(ROOT, 'packages', 'cli', 'bin', 'ostiary.js');
const POLL_MS = 50;

export interface ScannerResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the start of the process until its end. */
  readonly seconds: number;
  /** As it was last seen, 50 ms before the end at most. */
  readonly usage: Usage;
}

/** `ostiary audit` in a process of its own. */
export interface Scanner {
  readonly pid: number;
  readonly ended: Promise<ScannerResult>;
  /** What it has written to standard output so far; the log is there unless a result is. */
  readonly output: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** Starts `ostiary audit` with these arguments. It ends with the test's process. */
export function startScanner(args: readonly string[], env: Readonly<Record<string, string>> = {}): Scanner {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [CLI, 'audit', ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const release = onProcessEnd(() => child.kill('SIGKILL'));
  const pid = child.pid ?? 0;
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
  let usage: Usage = { cpuSeconds: 0, peakMb: 0 };
  const watching = setInterval(() => void (usage = usageOf(pid) ?? usage), POLL_MS);
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => resolve(code));
  }).then((code) => {
    const seconds = (performance.now() - startedAt) / 1000;
    clearInterval(watching);
    release();
    return { code, stdout, stderr, seconds, usage };
  });
  return { pid, ended, output: () => stdout, kill: (signal) => void child.kill(signal) };
}

/** Runs it to its end. */
export function runScanner(args: readonly string[]): Promise<ScannerResult> {
  return startScanner(args).ended;
}
