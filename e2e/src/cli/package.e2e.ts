import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startCollector } from '@ostiary/telemetry/testing';
import { ROOT } from '../ostiary.ts';

const run = promisify(execFile);
/** Bytes of the package and of its one program, with room to grow: a jump says that something heavy sneaked in. */
const MAX_PACKAGE = 3_000_000;
const MAX_PROGRAM = 3_500_000;

let folder = '';
let project = '';

async function inProject(command: string, ...args: readonly string[]): Promise<string> {
  const env = {
    HOME: folder,
    PATH: [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
    npm_config_cache: join(folder, 'npm-cache'),
  };
  const { stdout } = await run(command, [...args], { cwd: project, env, timeout: 120_000 });
  return stdout;
}

describe('the package, installed into a clean folder without a network', () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ostiary-package-'));
    project = join(folder, 'project');
    await mkdir(project);
    await run(process.execPath, [join(ROOT, 'scripts/bundle.ts'), join(folder, 'package')], { timeout: 300_000 });
    await writeFile(join(project, 'package.json'), '{"private":true}');
    const tarball = (await readdir(join(folder, 'package'))).find((name) => name.endsWith('.tgz')) ?? '';
    const path = join(folder, 'package', tarball);
    assert.ok((await stat(path)).size < MAX_PACKAGE);
    // The Node that it could bring along is here already.
    await inProject('npm', 'install', '--offline', '--omit=optional', '--no-audit', '--no-fund', path);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('it is one program and its threads', async () => {
    const dist = join(project, 'node_modules/ostiary/dist');
    const programs = (await readdir(dist)).filter((name) => name.endsWith('js'));
    assert.deepEqual(
      programs.filter((name) => !name.endsWith('-thread.mjs')),
      ['ostiary.cjs'],
    );
    assert.ok((await stat(join(dist, 'ostiary.cjs'))).size < MAX_PROGRAM);
  });

  test('npx ostiary works, under both names', async () => {
    assert.match(await inProject('npx', '--offline', 'ostiary', '--version'), /^\d+\.\d+\.\d+\n$/);
    assert.match(await inProject('npx', '--offline', 'kwctl', 'info'), /^kwctl version/);
    assert.match(await inProject('node', 'node_modules/ostiary/dist/ostiary.cjs', '--help'), /^Usage: ostiary/);
  });

  test('every command loads', async () => {
    await inProject('npx', '--offline', 'ostiary', 'docs', '--output', 'cli.md');
  });

  test('the templates and the SDK are in it', async () => {
    await inProject('npx', '--offline', 'ostiary', 'new', 'labels', '--language', 'typescript');
    assert.ok((await stat(join(project, 'labels/sdk/assembly/index.ts'))).isFile());
  });

  test('threads start: a policy runs', async () => {
    const policy = join(project, 'node_modules/ostiary/dist/examples/safe-annotations/build/safe-annotations.wasm');
    const request = join(project, 'pod.json');
    await writeFile(request, JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } }));
    const out = await inProject('npx', '--offline', 'kwctl', 'run', '-r', request, '--settings-json', '{}', policy);
    assert.match(out, /"allowed":true/);
  });

  test('what pushes metrics and traces is in it', async (t) => {
    const collector = await startCollector(t);
    const policies = join(project, 'policies.yml');
    await writeFile(policies, 'absent: {module: "file:///absent.wasm"}\n');
    const flags = ['--plain-http', '--addr=127.0.0.1', '--port=0', '--readiness-probe-port=0', '--enable-metrics'];
    const program = join(project, 'node_modules/ostiary/bin/ostiary.js');
    const server = spawn(process.execPath, [program, 'serve', `--policies=${policies}`, '--log-fmt=otlp', ...flags], {
      env: { HOME: folder, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}` },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    t.after(() => server.kill('SIGKILL'));
    let log = '';
    for await (const chunk of server.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      if (/ serving /.test((log += chunk))) break;
    }
    const [, port] = / port=(\d+)/.exec(log) ?? [];
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ request: { uid: 'u' } });
    await fetch(`http://127.0.0.1:${port}/validate_raw/absent`, { method: 'POST', headers, body });
    server.stderr.on('data', (chunk) => (log += chunk));
    // Threads hand over what they know every tenth of a second.
    await new Promise((resolve) => setTimeout(resolve, 500));
    server.kill('SIGTERM');
    await once(server, 'exit');
    const services = new Set(collector.exports.map(({ path }) => path.split('.').at(-1)));
    assert.deepEqual(services, new Set(['MetricsService/Export', 'TraceService/Export']), log);
  });
});
