// The manual is executed: blocks that begin with ```console run are typed into a shell, in order, in a folder of their own.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { annotatedModule, openDesk, type Desk } from './fixtures.ts';

const MANUAL = fileURLToPath(new URL('../../../docs/authors/', import.meta.url));
const BIN = fileURLToPath(new URL('../bin/', import.meta.url));
/** The registry of the manual; the tests' own has a port that nobody can know. */
const REGISTRY = 'registry.example.com';
const TIMEOUT_MS = 30_000;

interface Step {
  readonly command: string;
  /** What it prints on both streams; `…` stands for anything on a line. */
  readonly output: readonly string[];
  readonly line: number;
}

function stepsOf(text: string): readonly Step[] {
  const steps: { command: string; output: string[]; line: number }[] = [];
  let isInside = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('```')) isInside = line === '```console run';
    else if (isInside && line.startsWith('$ ')) steps.push({ command: line.slice(2), output: [], line: index + 1 });
    else if (isInside) steps.at(-1)?.output.push(line);
  }
  return steps;
}

function run(command: string, desk: Desk): Promise<string> {
  const path = [join(desk.folder, '.bin'), process.env['PATH']].join(delimiter);
  const env = { HOME: desk.folder, PATH: path, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] };
  const given = command.replaceAll(REGISTRY, desk.registry.host);
  return new Promise((resolve) => {
    const options = { cwd: desk.folder, env, timeout: TIMEOUT_MS };
    execFile('sh', ['-c', `{ ${given}\n} 2>&1`], options, (_error, stdout) => resolve(stdout));
  });
}

function matches(expected: string, found: string): boolean {
  const parts = expected.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(found);
}

for (const file of globSync('*.md', { cwd: MANUAL }).toSorted()) {
  const steps = stepsOf(readFileSync(join(MANUAL, file), 'utf8'));
  if (steps.length === 0) continue;
  describe(`docs/authors/${file}`, () => {
    let desk: Desk;
    before(async () => {
      desk = await openDesk();
      await desk.file('policy.wasm', annotatedModule());
      await mkdir(join(desk.folder, '.bin'));
      for (const name of ['ostiary', 'kwctl']) {
        await symlink(join(BIN, `${name}.js`), join(desk.folder, '.bin', name));
      }
      // The programs start with the Node that runs the tests.
      await symlink(process.execPath, join(desk.folder, '.bin', basename(process.execPath)));
    });
    after(() => desk.close());

    for (const { command, output, line } of steps) {
      test(`line ${line}: ${command}`, async () => {
        const printed = (await run(command, desk)).replaceAll(desk.registry.host, REGISTRY);
        const found = printed === '' ? [] : printed.replace(/\n$/, '').split('\n');
        const expected = output.join('\n').trimEnd() === '' ? [] : output;
        const isSame = found.length === expected.length && expected.every((text, at) => matches(text, found[at] ?? ''));
        if (!isSame) assert.equal(printed, expected.join('\n'));
      });
    }
  });
}
