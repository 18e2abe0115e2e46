import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A host with one guest in a process of its own, ready to be called. */
export interface Peer {
  /** From the start of the program to the first answer, compilation (or code from its cache) included. */
  readonly readyMs: number;
  readonly answer: Uint8Array;
  /** Makes so many calls one after another. @throws Error when the host has ended, with what it said */
  run(calls: number): Promise<Timing>;
  /** Ends the process. */
  close(): void;
}

/** What so many calls took together, in microseconds; CPU time is that of all threads of the process. */
export interface Timing {
  readonly wallMicros: number;
  readonly cpuMicros: number;
}

export interface PeerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** How long a host may take to answer one line. */
  readonly timeoutMs: number;
}

/**
 * Starts a host. The conversation is one of lines: the host says `{"readyMs","answer"}` (hexadecimal) once it has
 * answered the input for the first time; to each count that it is then sent, it makes so many calls and says
 * `{"wallMicros","cpuMicros"}`. It ends when its standard input does.
 *
 * @throws Error when the host can't be started or ends, with what it wrote to stderr
 */
export async function startPeer({ command, args, timeoutMs }: PeerCommand): Promise<Peer> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (said = (said + text).slice(-2000)));
  // Writing to a host that has just ended is no error of its own: the missing answer is.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => reject(new Error(`the host ended (${signal ?? code}): ${complaint(said)}`)));
  });
  ended.catch(() => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    try {
      const line = await Promise.race([lines.next(), ended]);
      return line.done ? await ended : JSON.parse(line.value);
    } finally {
      clearTimeout(timer);
    }
  };
  const { readyMs, answer } = (await next()) as { readonly readyMs: number; readonly answer: string };
  return {
    readyMs,
    answer: Buffer.from(answer, 'hex'),
    run: (calls) => {
      child.stdin.write(`${calls}\n`);
      return next() as Promise<Timing>;
    },
    close: () => {
      child.stdin.end();
      child.kill();
    },
  };
}

/** What a program says as it fails, without the trace of its stack. */
function complaint(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !/^(?:at |\d+: )/.test(line))
    .slice(0, 6)
    .join(' | ');
}
