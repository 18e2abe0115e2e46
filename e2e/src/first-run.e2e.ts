import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url).pathname;
/** Every command that is printed ends so, which keeps the prompt on a line of its own. */
const END = '; echo';

let server: ChildProcess;
let directory = '';
let commands: string[] = [];

/** What `npm start` runs, on free ports, until it has printed the last of its commands. */
async function start(): Promise<string> {
  const flags = ['serve', '--port', '0', '--readiness-probe-port', '0', '--data-dir', directory];
  server = spawn(process.execPath, ['packages/cli/bin/ostiary.js', ...flags], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const chunk of server.stdout!) {
    printed += String(chunk);
    if (printed.split(END).length > 5 && printed.endsWith('\n\n')) return printed;
  }
  throw new Error(`ended early: ${printed}`);
}

/** Pastes the command into a shell. */
async function paste(pattern: RegExp, body: RegExp): Promise<{ readonly [key: string]: unknown }> {
  const command = commands.find((line) => pattern.test(line) && body.test(line));
  assert.ok(command, `no command fits ${pattern}`);
  const { stdout } = await run('sh', ['-c', command], { cwd: ROOT });
  return JSON.parse(stdout) as { readonly [key: string]: unknown };
}

describe('the first run: pasting what `npm start` prints', () => {
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ostiary-first-run-'));
    commands = (await start()).split('\n').filter((line) => line.startsWith('curl '));
  });
  after(async () => {
    server.kill('SIGTERM');
    await new Promise((resolve) => server.once('exit', resolve));
    await rm(directory, { recursive: true });
  });

  test('prints a command per thing to see', () => assert.equal(commands.length, 6));

  test('shows an authenticated user', async () => {
    const { status } = await paste(/\/authn/, /magic-token/);
    assert.deepEqual(status, {
      authenticated: true,
      user: { username: 'magic-user', uid: '0', groups: ['magic-group'] },
    });
  });

  test('shows an allowed and a not-allowed access', async () => {
    assert.deepEqual((await paste(/\/authz/, /configmaps/)).status, { allowed: true });
    assert.deepEqual((await paste(/\/authz/, /secrets/)).status, { allowed: false });
  });

  test('shows a rejected ConfigMap', async () => {
    const { response } = (await paste(/\/admit /, /not-allowed-value/)) as {
      response: { allowed: boolean; status: unknown };
    };
    assert.equal(response.allowed, false);
    assert.deepEqual(response.status, {
      status: 'Failure',
      message: "value 'not-allowed-value' not allowed in configmap",
      reason: 'Forbidden',
      code: 403,
    });
  });

  test('shows a mutated ConfigMap', async () => {
    const { response } = (await paste(/\/admit-mut /, /colour/)) as { response: { patchType: string; patch: string } };
    assert.equal(response.patchType, 'JSONPatch');
    assert.deepEqual(JSON.parse(Buffer.from(response.patch, 'base64').toString()), [
      { op: 'add', path: '/data/magic-value', value: 'foobar' },
    ]);
  });

  test('shows a ConfigMap that a policy rejects', async () => {
    const { response } = (await paste(/\/validate\/owned /, /colour/)) as {
      response: { allowed: boolean; status: { message: string } };
    };
    assert.equal(response.allowed, false);
    assert.equal(response.status.message, 'every object here has an owner');
  });
});
