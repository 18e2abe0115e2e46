/**
 * Compiles the guests in `conformance/guests/rego` to `conformance/build/rego`: `node conformance/src/rego/build.ts`.
 * OPA is built first when the cache does not have it, which takes Go and minutes.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REGO_GUESTS, regoGuestPath, type RegoGuest } from './guests.ts';
import { ensureOpa } from './opa.ts';

const SOURCES = fileURLToPath(new URL('../../guests/rego/', import.meta.url));

function build(opa: string, guest: RegoGuest): void {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-rego-'));
  try {
    const entrypoints = REGO_GUESTS[guest].flatMap((name) => ['-e', name]);
    // Sources by their name alone: aborts quote it.
    const options = { cwd: join(SOURCES, guest), stdio: 'pipe' } as const;
    execFileSync(opa, ['build', '-t', 'wasm', ...entrypoints, '-o', join(folder, 'bundle.tar.gz'), '.'], options);
    execFileSync('tar', ['-xzf', 'bundle.tar.gz', '/policy.wasm'], { cwd: folder, stdio: 'pipe' });
    mkdirSync(dirname(regoGuestPath(guest)), { recursive: true });
    copyFileSync(join(folder, 'policy.wasm'), regoGuestPath(guest));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const opa = ensureOpa();
for (const guest of Object.keys(REGO_GUESTS) as RegoGuest[]) build(opa, guest);
process.stdout.write(`conformance: Rego: built ${Object.keys(REGO_GUESTS).join(', ')}\n`);
