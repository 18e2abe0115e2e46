import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULE = fileURLToPath(new URL('../../../e2e/opa/', import.meta.url));
/** The first build takes a minute or two on two cores. */
const BUILD_TIMEOUT_MS = 15 * 60_000;

/** Why OPA can't be had. */
export class OpaMissing extends Error {
  readonly code = 'opa-missing';
}

/**
 * Path of OPA, built first if the cache does not have it: `$OSTIARY_OPA`, or `opa-<key>` beside the programs of the
 * end-to-end tests.
 *
 * @throws OpaMissing when it can't be built
 */
export function ensureOpa(env: NodeJS.ProcessEnv = process.env): string {
  if (env['OSTIARY_OPA']) return env['OSTIARY_OPA'];
  const key = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) key.update(readFileSync(join(MODULE, file))).update('\0');
  const root =
    env['OSTIARY_E2E_CACHE'] ?? join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'ostiary/e2e');
  const program = join(root, `opa-${key.digest('hex').slice(0, 16)}`, 'opa');
  if (!existsSync(program)) build(root, dirname(program), env);
  return program;
}

/** In a folder of its own that is renamed into place, so that a build that is killed leaves no half result. */
function build(root: string, target: string, env: NodeJS.ProcessEnv): void {
  mkdirSync(root, { recursive: true });
  const building = mkdtempSync(join(root, 'building-'));
  try {
    const flags = ['-trimpath', '-mod=readonly', '-buildvcs=false', '-ldflags', '-s -w', '-o', join(building, 'opa')];
    const options = { cwd: MODULE, env: { ...env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' } };
    execFileSync('go', ['build', ...flags, '.'], { ...options, timeout: BUILD_TIMEOUT_MS, stdio: 'pipe' });
    renameSync(building, target);
  } catch (cause) {
    if (!existsSync(target)) throw new OpaMissing('OPA is not there and could not be built with Go', { cause });
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}
