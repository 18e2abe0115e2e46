import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ensureOpa } from '../../../conformance/src/rego/opa.ts';
import { createAuthor, installFromCheckout, type Author } from './author.ts';

/** What a language needs beside this checkout; the reason to skip it where that is missing. */
const MISSING: Readonly<Record<string, () => string | false>> = {
  typescript: () => false,
  go: () => has('go', ['version']),
  rust: () => has('rustc', ['--print', 'target-libdir', '--target', 'wasm32-wasip1']),
  rego: () => has('go', ['version']),
};

function has(command: string, args: readonly string[]): string | false {
  const { status, stdout } = spawnSync(command, [...args], { encoding: 'utf8' });
  const folder = stdout?.startsWith('/') ? stdout.trim() : undefined;
  return status === 0 && (folder === undefined || existsSync(folder)) ? false : `${command} is not installed`;
}

let author: Author;
before(async () => {
  author = await createAuthor(MISSING['rego']?.() === false ? [dirname(ensureOpa())] : []);
});
after(() => author.leave());

describe('projects that ostiary new starts', () => {
  for (const [language, missing] of Object.entries(MISSING)) {
    test(language, { skip: missing() }, async () => {
      const name = `labels-${language}`;
      await author.shell(`ostiary new ${name} --language ${language}`);
      const isNpm = language === 'typescript';
      if (isNpm) await installFromCheckout(author, name);
      await author.shell(isNpm ? 'npm run build' : 'make build', name);
      const tested = await author.shell(isNpm ? 'npm test' : 'make test', name);
      assert.match(tested, /a Pod without one of two labels/);
      await author.shell(isNpm ? 'npm run annotate' : 'make annotate', name);
      assert.ok((await stat(join(author.folder, name, 'policy.wasm'))).size > 0);
      const inspected = await author.shell('ostiary inspect policy.wasm', name);
      assert.match(inspected, new RegExp(`labels-${language}`));
      // A test that can't fail proves nothing: the same cases against other settings.
      await assert.rejects(
        author.shell(
          `sed -i 's/labels: \\[team\\]/labels: [other]/' policy-test.yml && ostiary test policy-test.yml`,
          name,
        ),
      );
    });
  }
});
