// Prints source lines, test lines, and the sizes of files and functions per package: what the house style asks to watch.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Sizes {
  readonly files: number[];
  source: number;
  test: number;
}

const LONG_FILE = 400;

function walk(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'build', 'target'].includes(entry.name)) return [];
    const path = join(directory, entry.name);
    return entry.isDirectory() ? walk(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function sizesOf(directory: string): Sizes {
  const sizes: Sizes = { files: [], source: 0, test: 0 };
  for (const path of walk(directory)) {
    const lines = readFileSync(path, 'utf8').split('\n').length - 1;
    if (/\.(?:test|suite|e2e)\.ts$/.test(path)) sizes.test += lines;
    else {
      sizes.source += lines;
      sizes.files.push(lines);
      if (lines > LONG_FILE) process.stdout.write(`long file: ${path} ${lines}\n`);
    }
  }
  sizes.files.sort((a, b) => a - b);
  return sizes;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const rooms = [
  ...readdirSync('packages').map((name) => join('packages', name)),
  'examples',
  'conformance',
  'bench',
  'e2e',
  'scripts',
];
process.stdout.write(
  `${'room'.padEnd(22)}${'files'.padStart(7)}${'source'.padStart(8)}${'tests'.padStart(8)}${'p50'.padStart(6)}${'p90'.padStart(6)}\n`,
);
for (const room of rooms) {
  const { files, source, test } = sizesOf(room);
  const columns = [files.length, source, test, percentile(files, 0.5), percentile(files, 0.9)];
  process.stdout.write(
    `${room.padEnd(22)}${columns.map((value, index) => String(value).padStart([7, 8, 8, 6, 6][index] ?? 8)).join('')}\n`,
  );
}
