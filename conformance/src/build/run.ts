import { spawnSync } from 'node:child_process';

/** One command with its arguments; no shell is involved. */
export interface Run {
  readonly command: string;
  readonly args: readonly string[];
  /** The folder to run in; the current one when left out. */
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the command to its end. `text` is what it printed, errors included, or why it could not be run. */
export function run({ command, args, cwd, env }: Run): { readonly ok: boolean; readonly text: string } {
  const options = { cwd, env: { ...process.env, ...env }, encoding: 'utf8', timeout: 15 * 60_000 } as const;
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  return { ok: status === 0, text: error ? error.message : `${stdout}${stderr}`.trim() };
}
