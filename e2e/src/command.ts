import { spawn } from 'node:child_process';

/** How a program ended. */
export interface CommandResult {
  /** The exit code, or 128 if a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what a program runs. */
export interface CommandOptions {
  /** The whole environment; nothing is inherited. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Standard input, empty by default. */
  readonly input?: string;
  /** Milliseconds until it is ended by a signal, a minute by default. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end. Its failure is a result, only one that can't be started rejects. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const { cwd, env, timeoutMs: timeout = 60_000 } = options;
    const child = spawn(command, args, { cwd, env, stdio: 'pipe', timeout });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A program may end before it has read all of its input; its exit code tells more than the broken pipe.
    child.stdin.on('error', () => {});
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({
        code: code ?? 128,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    child.stdin.end(options.input ?? '');
  });
}
