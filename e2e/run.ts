import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { ensureBinaries } from './src/binaries.ts';
import { ensureHelm } from './src/charts/helm.ts';
import { HarnessError } from './src/errors.ts';
import { ensureCosign } from './src/trust/peer.ts';
import { ensurePeers } from './src/registry/peers.ts';

/**
 * The entry of `npm run e2e`: builds the control plane if the cache doesn't have it, then runs the end-to-end tests, or
 * those named as arguments (`npm run e2e -- e2e/src/gates.e2e.ts`). Ends with the exit code of the test run.
 */
async function main(args: readonly string[]): Promise<number> {
  const log = (line: string): void => console.error(`e2e: ${line}`);
  const { etcd } = await ensureBinaries({ log });
  // Before the tests, whose time limits are no measure for compilers.
  for (const [name, ensure] of [
    ['registries', ensurePeers],
    ['cosign', ensureCosign],
    ['helm', ensureHelm],
  ] as const) {
    log(`${name}: built, or found in the cache`);
    await ensure();
  }
  const patterns = args.length > 0 ? args : ['e2e/src/**/*.test.ts', 'e2e/src/**/*.e2e.ts'];
  // One file at a time: a control plane fills two cores while it starts, and deadlines are part of what is tested.
  const flags = ['--test', '--test-concurrency=1', '--test-timeout=300000', '--test-reporter=spec'];
  return runNode([...flags, ...patterns], { OSTIARY_E2E_BINARIES: dirname(etcd) });
}

function runNode(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(process.execPath, args, {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof HarnessError)) throw error;
  console.error(`e2e: ${error.code}: ${error.message}`);
  process.exitCode = 1;
}
