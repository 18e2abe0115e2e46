import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { HarnessError } from './errors.ts';

const run = promisify(execFile);

/** What the installed Go toolchain says of itself. */
export interface GoToolchain {
  /** As in `go1.26.8`. */
  readonly version: string;
  /** Operating system and architecture it builds for, as in `linux/amd64`. */
  readonly platform: string;
}

/** The caller's environment without the settings that would change what is built. */
export function goEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
}

/** The `go` line of a go.mod file: the oldest Go that builds it, as in `1.26.0`. */
export function requiredGo(goMod: string): string {
  return /^go (\d[\d.]*)$/m.exec(goMod)?.[1] ?? '0';
}

/** True if `version` (`go1.26.8`, `go1.27rc1`, `devel …`) may build a module that requires `required` (`1.26.0`). */
export function isGoNewEnough(version: string, required: string): boolean {
  const found = /^go(\d[\d.]*)/.exec(version)?.[1];
  // A development build names no release; it is newer than any release a module can name.
  if (found === undefined) return true;
  const have = found.split('.').map(Number);
  for (const [index, want] of required.split('.').map(Number).entries()) {
    const part = have[index] ?? 0;
    if (part !== want) return part > want;
  }
  return true;
}

/**
 * Asks the `go` on the path which toolchain builds the module in `moduleDir`.
 * Throws `GO_MISSING` or `GO_TOO_OLD`, saying what is needed.
 */
export async function findGo(moduleDir: string, required: string, env: NodeJS.ProcessEnv): Promise<GoToolchain> {
  const [version = '', os = '', arch = ''] = await askGo(['GOVERSION', 'GOOS', 'GOARCH'], moduleDir, required, env);
  if (!isGoNewEnough(version, required)) {
    throw new HarnessError('GO_TOO_OLD', `the control plane needs Go ${required} or newer, found ${version}`);
  }
  return { version, platform: `${os}/${arch}` };
}

async function askGo(
  names: readonly string[],
  cwd: string,
  required: string,
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  try {
    const { stdout } = await run('go', ['env', ...names], { cwd, env: goEnvironment(env) });
    return stdout.trim().split('\n');
  } catch (cause) {
    throw new HarnessError(
      'GO_MISSING',
      `the control plane is built from Go modules, and no usable go command is on the path; install Go ${required} or newer`,
      { cause },
    );
  }
}

/** One `go build`. */
export interface GoBuild {
  readonly moduleDir: string;
  /** The main package; that of the module itself by default. */
  readonly package?: string;
  readonly output: string;
  /** Linker flags. */
  readonly ldflags: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with the running number of packages that have been compiled; cached packages don't count. */
  readonly onPackage: (compiled: number) => void;
}

/** Builds the main package of a module without cgo. Throws `BUILD_FAILED` with the compiler's last lines. */
export async function goBuild(build: GoBuild): Promise<void> {
  const flags = ['-v', '-trimpath', '-mod=readonly', '-buildvcs=false', '-ldflags', build.ldflags, '-o', build.output];
  const child = spawn('go', ['build', ...flags, build.package ?? '.'], {
    cwd: build.moduleDir,
    env: goEnvironment(build.env),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const tail: string[] = [];
  let compiled = 0;
  for await (const line of createInterface({ input: child.stderr })) {
    tail.push(line);
    if (tail.length > 20) tail.shift();
    // With -v each compiled package is one bare import path; everything else is a message.
    if (!line.includes(' ')) build.onPackage(++compiled);
  }
  const code = await ended;
  if (code !== 0) throw new HarnessError('BUILD_FAILED', `go build ended with ${code}:\n${tail.join('\n')}`);
}
