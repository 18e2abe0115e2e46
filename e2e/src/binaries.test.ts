import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cacheDir, ensureBinaries, versionFlags } from './binaries.ts';

let dir: string;
let runs = 0;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostiary-binaries-'));
});
after(() => rm(dir, { recursive: true, force: true }));

/**
 * An environment whose `go` is a script that answers `go env` with a version, and `go build` by running `build`, with
 * the output path as `$out`. Calls of build are counted in a file.
 */
async function withGo(version: string, build: string): Promise<NodeJS.ProcessEnv> {
  const home = join(dir, `run-${runs++}`);
  await mkdir(join(home, 'bin'), { recursive: true });
  const script = `#!/bin/sh
if [ "$1" = env ]; then printf '%s\\nlinux\\namd64\\n' '${version}'; exit 0; fi
echo build >> '${home}/builds'
while [ "$1" != -o ]; do shift; done
out=$2
${build}
`;
  await writeFile(join(home, 'bin', 'go'), script);
  await chmod(join(home, 'bin', 'go'), 0o755);
  return { PATH: `${join(home, 'bin')}:/usr/bin:/bin`, HOME: home, OSTIARY_E2E_CACHE: join(home, 'cache') };
}

const builds = async (env: NodeJS.ProcessEnv) =>
  (await readFile(join(env['HOME'] ?? '', 'builds'), 'utf8')).trim().split('\n').length;

test('the cache lies where the environment says', () => {
  const table: [NodeJS.ProcessEnv, string][] = [
    [{ OSTIARY_E2E_CACHE: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, '/c'],
    [{ XDG_CACHE_HOME: '/x', HOME: '/h' }, '/x/ostiary/e2e'],
    [{ HOME: '/h' }, '/h/.cache/ostiary/e2e'],
    [{ XDG_CACHE_HOME: '', HOME: '/h' }, '/h/.cache/ostiary/e2e'],
  ];
  for (const [env, expected] of table) assert.equal(cacheDir(env), expected);
});

test('the programs get the version of the module they are built from', () => {
  const flags = versionFlags('require (\n\tk8s.io/kubernetes v1.36.3\n)');
  assert.match(flags, /-X k8s\.io\/component-base\/version\.gitVersion=v1\.36\.3 /);
  assert.match(flags, /-X k8s\.io\/client-go\/pkg\/version\.gitMinor=36 /);
});

test('what is built once is not built again', async () => {
  const env = await withGo('go1.99.0', 'echo program > "$out"');
  const first = await ensureBinaries({ env });
  assert.equal(await readFile(first.kubectl, 'utf8'), 'program\n');
  assert.deepEqual(await ensureBinaries({ env }), first);
  assert.equal(await builds(env), 1);
});

test('another toolchain is another cache entry', async () => {
  const env = await withGo('go1.99.0', 'echo program > "$out"');
  const first = await ensureBinaries({ env });
  const other = await withGo('go1.99.1', 'echo program > "$out"');
  const second = await ensureBinaries({ env: { ...other, OSTIARY_E2E_CACHE: env['OSTIARY_E2E_CACHE'] ?? '' } });
  assert.notEqual(second.etcd, first.etcd);
});

test('two runs that build at once end up with the same programs and no rest', async () => {
  const env = await withGo('go1.99.0', 'sleep 0.3; echo program > "$out"');
  const [a, b] = await Promise.all([ensureBinaries({ env }), ensureBinaries({ env })]);
  assert.deepEqual(a, b);
  assert.equal(await readFile(a.etcd, 'utf8'), 'program\n');
  assert.equal(await builds(env), 2);
  assert.equal((await readdir(env['OSTIARY_E2E_CACHE'] ?? '')).length, 1);
});

test('a build that fails says why, leaves nothing, and is tried again', async () => {
  const env = await withGo('go1.99.0', 'echo "main.go:1:1: no such thing" >&2; exit 3');
  for (let attempt = 1; attempt <= 2; attempt++) {
    await assert.rejects(ensureBinaries({ env }), { code: 'BUILD_FAILED', message: /ended with 3:\n.*no such thing/ });
    assert.deepEqual(await readdir(env['OSTIARY_E2E_CACHE'] ?? ''), []);
    assert.equal(await builds(env), attempt);
  }
});

test('a missing or an old Go is named', async () => {
  await assert.rejects(ensureBinaries({ env: { PATH: dir, HOME: dir } }), {
    code: 'GO_MISSING',
    message: /install Go 1\./,
  });
  await assert.rejects(ensureBinaries({ env: await withGo('go1.18.1', 'exit 1') }), {
    code: 'GO_TOO_OLD',
    message: /needs Go 1\.\d+\.\d+ or newer, found go1\.18\.1/,
  });
});

test('programs that are there already need no Go', async () => {
  const { etcd } = await ensureBinaries({ env: { PATH: dir, OSTIARY_E2E_BINARIES: '/opt/e2e' } });
  assert.equal(etcd, '/opt/e2e/etcd');
});
