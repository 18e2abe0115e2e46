/**
 * Compiles one guest of Rego in the working directory: `node conformance/src/rego/build.ts GUEST OUTPUT ENTRYPOINT…`.
 * OPA is built first when the cache does not have it, which takes Go and minutes. `npm run guests` calls it.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureOpa } from './opa.ts';

function build(guest: string, output: string, entrypoints: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-rego-'));
  try {
    const flags = entrypoints.flatMap((name) => ['-e', name]);
    // Sources by their name alone: aborts quote it.
    const options = { cwd: guest, stdio: 'pipe' } as const;
    execFileSync(ensureOpa(), ['build', '-t', 'wasm', ...flags, '-o', join(folder, 'bundle.tar.gz'), '.'], options);
    execFileSync('tar', ['-xzf', 'bundle.tar.gz', '/policy.wasm'], { cwd: folder, stdio: 'pipe' });
    mkdirSync(dirname(output), { recursive: true });
    copyFileSync(join(folder, 'policy.wasm'), output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [guest, output, ...entrypoints] = process.argv.slice(2);
if (guest === undefined || output === undefined || entrypoints.length === 0) {
  process.stderr.write('usage: build.ts GUEST OUTPUT ENTRYPOINT…\n');
  process.exitCode = 2;
} else build(guest, output, entrypoints);
