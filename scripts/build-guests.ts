// Compiles every AssemblyScript guest of the repository that is not up to date: the examples, the conformance suite's
// and the SDK's own test guests. Run by `npm run build`, and thereby before `npm start` and `npm test`.

import { globSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGuest, type Guest, GuestCompileError, guestInFile, guestInFolder } from '@ostiary/sdk';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Guests with a folder of their own, and guests that are one file among others. */
const FOLDERS = ['examples/*/assembly/index.ts', 'conformance/guests/as/*/assembly/index.ts'];
const FILES = [
  { sources: 'conformance/guests/as/*.ts', output: 'conformance/guests/as/build' },
  { sources: 'packages/sdk/assembly/testing/*.ts', output: 'packages/sdk/build' },
];

function allGuests(): Guest[] {
  const inFolders = find(FOLDERS).map((entry) => {
    const folder = dirname(dirname(entry));
    return guestInFolder(folder, basename(folder));
  });
  const inFiles = FILES.flatMap(({ sources, output }) =>
    find([sources]).map((entry) => guestInFile(entry, basename(entry, '.ts'), join(ROOT, output))),
  );
  return [...inFolders, ...inFiles];
}

function find(patterns: string[]): string[] {
  return globSync(patterns, { cwd: ROOT })
    .sort()
    .map((file) => join(ROOT, file));
}

/** Builds one guest; reports what was built or why it could not be. Says whether the guest is usable. */
async function build(guest: Guest): Promise<boolean> {
  const started = performance.now();
  try {
    const built = await buildGuest(guest);
    if (built) console.log(`${relative(ROOT, guest.output)} (${Math.round(performance.now() - started)} ms)`);
    return true;
  } catch (error) {
    if (!(error instanceof GuestCompileError)) throw error;
    console.error(error.message);
    return false;
  }
}

// One after another: the compiler is a single program in this process. Every guest is tried, so that all errors show.
for (const guest of allGuests()) {
  if (!(await build(guest))) process.exitCode = 1;
}
