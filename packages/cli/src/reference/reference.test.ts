import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { openDesk, type Desk } from '../fixtures.ts';

const DOCUMENT = fileURLToPath(new URL('../../../../docs/cli.md', import.meta.url));

let desk: Desk;
before(async () => {
  desk = await openDesk();
});
after(() => desk.close());

describe('docs', () => {
  test('docs/cli.md is what the program writes; npm run docs writes it anew', async () => {
    assert.equal((await desk.run('docs', '--output', 'cli.md')).code, 0);
    assert.equal(readFileSync(DOCUMENT, 'utf8'), await readFile(join(desk.folder, 'cli.md'), 'utf8'));
  });

  test('any other ending gives AsciiDoc', async () => {
    await desk.run('docs', '-o', 'cli.adoc');
    assert.match(await readFile(join(desk.folder, 'cli.adoc'), 'utf8'), /^= `\+ostiary\+`\n/);
    assert.equal((await desk.run('docs')).code, 2);
  });
});

describe('man', () => {
  test('one page for every command', async () => {
    await desk.run('man', '--output', 'man1');
    const pages = await readdir(join(desk.folder, 'man1'));
    for (const name of ['ostiary', 'ostiary-pull', 'ostiary-scaffold-manifest']) assert.ok(pages.includes(`${name}.1`));
  });

  test(
    'groff formats them without a complaint',
    { skip: !existsSync('/usr/bin/groff') && 'there is no groff' },
    async () => {
      await desk.run('man', '--output', 'groff');
      const pages = (await readdir(join(desk.folder, 'groff'))).map((name) => join(desk.folder, 'groff', name));
      const { status, stdout, stderr } = spawnSync('groff', ['-man', '-Tascii', '-P-cbou', '-wall', ...pages], {
        encoding: 'utf8',
      });
      assert.equal(stderr, '');
      assert.equal(status, 0);
      assert.match(stdout, /--verification-key/);
    },
  );
});

describe('the program itself', () => {
  test('no command prints help and is wrong usage; --help and --version are fine', async () => {
    const none = await desk.run();
    assert.equal(none.code, 2);
    assert.match(none.stderr, /^Usage: ostiary/);
    assert.match((await desk.run('--help')).stdout, /Registries and the local store:/);
    assert.match((await desk.run('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
    assert.match((await desk.run('help', 'pull')).stdout, /^Usage: ostiary pull/);
  });

  test('--help loads no other package: it has to be there at once', () => {
    const main = new URL('../main.ts', import.meta.url).href;
    const program = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
      const { main } = await import(${JSON.stringify(main)});
      await main(['--help'], { stdout: { write: () => {} } });
      console.log(JSON.stringify(loaded.filter((url) => url.startsWith('file:'))));
    `;
    const args = ['--input-type=module', '--eval', program];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
    const loaded = JSON.parse(stdout) as readonly string[];
    assert.equal(stderr, '');
    assert.ok(loaded.length > 0 && loaded.length < 30, `${loaded.length} files`);
    assert.deepEqual(
      loaded.filter((url) => !/\/packages\/cli\/|\/commander\//.test(url)),
      [],
    );
  });

  test('a command that is not there is wrong usage, with a suggestion', async () => {
    const { code, stderr } = await desk.run('pul');
    assert.equal(code, 2);
    assert.match(stderr, /Did you mean pull\?/);
    assert.equal((await desk.runAs('kwctl', {}, 'serve')).code, 2);
  });

  test('info names the folders and the builtins of Rego', async () => {
    const { stdout } = await desk.run('info');
    assert.match(stdout, /Policy store: .*\.cache\/kubewarden\/store/);
    assert.match(stdout, / {2}- json\.patch\n/);
  });
});
