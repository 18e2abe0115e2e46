import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../bin/policy-server.js', import.meta.url));
const LIMIT_MS = 20_000;

test('a sources file that changes is loaded again, a bad one is reported, and SIGHUP looks at once', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-reload-'));
  t.after(() => rm(folder, { recursive: true }));
  const [policies, sources] = [join(folder, 'policies.yml'), join(folder, 'sources.yml')];
  await writeFile(policies, '{}\n');
  await writeFile(sources, '{}\n');
  const flags = ['--addr', '127.0.0.1', '--port', '0', '--readiness-probe-port', '0', '--workers', '1'];
  const child = spawn(process.execPath, [BIN, ...flags, '--policies', policies, '--sources-path', sources]);
  t.after(() => child.kill('SIGKILL'));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (log += text));
  /** Waits for a text after all that was found before. */
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (let waited = 0; waited < LIMIT_MS; waited += 20, await sleep(20)) {
      const found = pattern.exec(log);
      if (!found) continue;
      log = log.slice(found.index + found[0].length);
      return found;
    }
    throw new Error(log);
  };
  const [, probePort] = await until(/ probePort=(\d+)/);
  const ready = async (): Promise<string> => (await fetch(`http://127.0.0.1:${probePort}/readyz`)).text();

  await writeFile(sources, 'insecure_sources: 1\n');
  await until(/the old one goes on serving .*insecure_sources/);
  assert.match(await ready(), /"ready":true.*newestConfigurationRefused.*insecure_sources/);
  await writeFile(sources, 'insecure_sources: [localhost:5000]\n');
  await until(/sources, credentials and verification reloaded/);
  await until(/configuration reloaded/);
  assert.doesNotMatch(await ready(), /newestConfigurationRefused/);
  if (process.platform === 'win32') return;
  child.kill('SIGHUP');
  await until(/SIGHUP/);
  await until(/configuration reloaded/);
});
