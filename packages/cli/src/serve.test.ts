import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { policyServerCommand } from './commands/serve-policy-server.ts';
import { serveCommand } from './commands/serve.ts';
import { spellOut } from './serve-flags.ts';

const BIN = fileURLToPath(new URL('../bin/', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(bin: 'ostiary' | 'policy-server', args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, [`${BIN}${bin}.js`, ...args], { env: { ...process.env, ...env } });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => void (texts[stream] += chunk));
  }
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...texts })));
}

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'ostiary-serve-'));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

describe('the command line of the server', () => {
  test('spells switches out, and nothing else', () => {
    assert.deepEqual(spellOut(['serve', '--daemon', '--port', '1', '--enable-metrics=false', 'docs']), [
      'serve',
      '--daemon=true',
      '--port',
      '1',
      '--enable-metrics=false',
      'docs',
    ]);
  });

  test('is described in groups', () => {
    const help = serveCommand([]).helpInformation();
    const groups = [...help.matchAll(/^([A-Z][a-z ]+):$/gm)].map(([, group]) => group);
    assert.deepEqual(groups, [
      'Gates',
      'Policies',
      'Supply chain',
      'Listening',
      'Certificates',
      'Process',
      'Telemetry',
      'Configuration',
      'Options',
    ]);
    assert.match(help, /--port <port> +port of the gates and policies; 0 picks a free one \(default: 3000\)/);
    assert.doesNotMatch(help, /--log-format/);
    for (const line of policyServerCommand([])
      .helpInformation()
      .matchAll(/ {2}--[a-z-]+ \S+/g)) {
      if (!line[0].includes('--version')) assert.ok(help.includes(line[0]), line[0]);
    }
  });

  for (const [name, bin, args, env, message] of [
    [
      'a bad flag',
      'ostiary',
      ['serve', '--port', 'x'],
      {},
      /option '--port <port>' argument 'x' is invalid\. expected a whole number/,
    ],
    [
      'a bad variable',
      'policy-server',
      [],
      { KUBEWARDEN_WORKERS: '0' },
      /the variable KUBEWARDEN_WORKERS: expected a whole number from 1/,
    ],
    [
      'half a pair of certificate flags',
      'policy-server',
      ['--cert-file', 'a'],
      {},
      /--cert-file and --key-file go together/,
    ],
    [
      'an authority of clients without a certificate to meet them with',
      'policy-server',
      [],
      { KUBEWARDEN_CLIENT_CA_FILE: 'ca.crt' },
      /--client-ca-file needs --cert-file and --key-file/,
    ],
    ['an unknown flag', 'policy-server', ['--nonsense'], {}, /unknown option '--nonsense'/],
  ] as const) {
    test(`${name} is wrong usage`, async () => {
      const { code, stderr } = await run(bin, args, env);
      assert.match(stderr, message);
      assert.equal(code, 2);
    });
  }

  test('a bad file of settings is refused with its positions', async (t) => {
    const file = join(await folder(t), 'server.yaml');
    await writeFile(file, 'port: 99999\nprot: 1\n');
    const { code, stderr } = await run('ostiary', ['serve', '--config', file]);
    assert.equal(stderr.trim().split('\n').length, 2);
    assert.match(stderr, /server\.yaml:1:7: port: expected[^\n]*\n|server\.yaml:2:1: prot: unknown field/);
    assert.equal(code, 1);
  });

  test('says its version and writes its documents', async (t) => {
    const directory = await folder(t);
    assert.match((await run('policy-server', ['-V'])).stdout, /^policy-server \d+\.\d+\.\d+\n$/);
    assert.match((await run('policy-server', ['--version'])).stdout, /^policy-server \d+\.\d+\.\d+\n/);
    const [markdown, asciidoc] = [join(directory, 'a.md'), join(directory, 'a.adoc')];
    assert.equal((await run('policy-server', ['docs', '--output', markdown])).code, 0);
    assert.equal((await run('policy-server', ['docs', '-o', asciidoc])).code, 0);
    assert.match(await readFile(markdown, 'utf8'), /^# Settings of policy-server\n/);
    assert.match(await readFile(asciidoc, 'utf8'), /^= Settings of policy-server\n/);
    const { stdout } = await run('ostiary', ['serve', '--config-schema']);
    assert.equal(JSON.parse(stdout).additionalProperties, false);
  });
});

describe('a server that is asked to end', () => {
  test('says so for a while before it closes, unless it is asked again', async (t) => {
    const directory = await folder(t);
    const policies = join(directory, 'policies.yml');
    await writeFile(policies, '{}\n');
    const flags = ['--addr', '127.0.0.1', '--port', '0', '--readiness-probe-port', '0', '--workers', '1'];
    const child = spawn(process.execPath, [`${BIN}policy-server.js`, ...flags, '--policies', policies], {
      env: { ...process.env, OSTIARY_UNREADY_BEFORE_CLOSE: '60s' },
    });
    t.after(() => child.kill('SIGKILL'));
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (log += text));
    const ended = new Promise((resolve) => child.on('close', resolve));
    const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
      for (let waited = 0; waited < 10_000; waited += 20, await sleep(20)) {
        const found = pattern.exec(log);
        if (found) return found;
      }
      throw new Error(log);
    };
    const [, port, probePort] = await until(/ port=(\d+) probePort=(\d+)/);
    const status = async (url: string, init?: RequestInit): Promise<number> => (await fetch(url, init)).status;
    assert.equal(await status(`http://127.0.0.1:${probePort}/readiness`), 200);
    child.kill('SIGTERM');
    await until(/stopping/);
    assert.equal(await status(`http://127.0.0.1:${probePort}/readiness`), 503);
    assert.equal(await status(`http://127.0.0.1:${probePort}/livez`), 200);
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    assert.equal(await status(`http://127.0.0.1:${port}/validate/a`, init), 422);
    await sleep(700);
    child.kill('SIGTERM');
    assert.equal(await ended, 1);
  });
});

describe('a server in the background', { skip: process.platform === 'win32' }, () => {
  const flags = ['--daemon', '--addr', '127.0.0.1', '--port', '0', '--readiness-probe-port', '0', '--workers', '1'];

  test('serves when the command returns, and ends at SIGTERM', async (t) => {
    const directory = await folder(t);
    const [pidFile, log] = [join(directory, 'pid'), join(directory, 'log')];
    await writeFile(join(directory, 'policies.yml'), '{}\n');
    const files = [
      '--policies',
      join(directory, 'policies.yml'),
      '--daemon-pid-file',
      pidFile,
      '--daemon-stderr-file',
      log,
    ];
    const { code, stderr } = await run('policy-server', [...flags, ...files]);
    assert.equal(code, 0, stderr);
    const pid = Number(await readFile(pidFile, 'utf8'));
    t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'));
    const probePort = /probePort=(\d+)/.exec(await readFile(log, 'utf8'))?.[1];
    assert.equal((await fetch(`http://127.0.0.1:${probePort}/readiness`)).status, 200);
    process.kill(pid, 'SIGTERM');
    for (let waited = 0; isAlive(pid) && waited < 10_000; waited += 50) await sleep(50);
    assert.equal(isAlive(pid), false);
    assert.match(await readFile(log, 'utf8'), /stopped\n$/);
  });

  test('that can not start says so to the command', async (t) => {
    const directory = await folder(t);
    const log = join(directory, 'log');
    const files = ['--daemon-pid-file', join(directory, 'pid'), '--daemon-stderr-file', log];
    const { code, stderr } = await run('ostiary', [
      'serve',
      ...flags,
      ...files,
      '--authorization-wasm-config-file',
      'none.yaml',
      '--plain-http',
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /the background process ended with code 1; see .*log/);
    assert.match(await readFile(log, 'utf8'), /none\.yaml:1:1: the file can't be read/);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
