import { execFile } from 'node:child_process';
import { basicCredential } from './config.ts';
import type { Credential } from './credential.ts';

/** A helper that asks a cloud's API takes a second or two; one that waits for a desktop's prompt never ends. */
const HELPER_TIMEOUT_MS = 10_000;
const MAX_OUTPUT = 64 * 1024;
/** The name becomes a part of a program's name, so it must not become a path. */
const HELPER_NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/**
 * Asks `docker-credential-<name> get` about a server. Undefined if the helper knows none. Throws a plain Error without
 * the helper's output, which may be a secret, if it can't be run or doesn't answer in time.
 */
export async function askHelper(
  name: string,
  server: string,
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<Credential | undefined> {
  if (!HELPER_NAME.test(name)) throw new Error('the name of the credential helper is malformed');
  const answer = await runHelper(`docker-credential-${name}`, server, env, signal);
  return answer === undefined ? undefined : readAnswer(name, answer);
}

function runHelper(
  program: string,
  server: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const options = {
      timeout: HELPER_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT,
      env: { ...env },
      ...(signal === undefined ? {} : { signal }),
    } as const;
    const child = execFile(program, ['get'], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      // By the protocol a helper that has nothing ends with an error and says so on standard output.
      else if (/credentials not found/i.test(stdout)) resolve(undefined);
      else reject(new Error(`${program} failed${error.killed === true ? ' or took too long' : ''}`));
    });
    // A helper may end without reading; its exit code tells the rest.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(server);
  });
}

function readAnswer(name: string, text: string): Credential | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`docker-credential-${name} answered no JSON`);
  }
  if (typeof answer !== 'object' || answer === null || !('Username' in answer) || !('Secret' in answer)) {
    throw new Error(`docker-credential-${name} answered without Username and Secret`);
  }
  const { Username, Secret } = answer;
  if (typeof Username !== 'string' || typeof Secret !== 'string') {
    throw new Error(`docker-credential-${name} answered without Username and Secret`);
  }
  return Secret === '' ? undefined : basicCredential(Username, Secret);
}
