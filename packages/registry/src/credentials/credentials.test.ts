import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseCredentialConfig } from './config.ts';
import type { Credential } from './credential.ts';
import { askHelper } from './helper.ts';
import { findEntry } from './keys.ts';
import { loadCredentials } from './load.ts';

const encode = (text: string): string => Buffer.from(text).toString('base64');
const basic = (username: string, password: string): Credential => ({ kind: 'basic', username, password });

let home = '';
let env: Record<string, string> = {};

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'ostiary-credentials-'));
  env = { HOME: home, PATH: `${home}${delimiter}${process.env['PATH']}`, XDG_RUNTIME_DIR: join(home, 'run') };
  await helper('good', 'read server; echo "{\\"Username\\":\\"for $server\\",\\"Secret\\":\\"s3cret\\"}"');
  await helper('identity', 'echo \'{"Username":"<token>","Secret":"refresh"}\'');
  await helper('none', 'echo "credentials not found in native keychain"; exit 1');
  await helper('broken', 'echo hunter2; exit 3');
  await helper('odd', 'echo \'{"Username":1}\'');
  await helper('deaf', 'exec 0<&-; echo \'{"Username":"u","Secret":"p"}\'');
});
after(() => rm(home, { recursive: true }));

async function helper(name: string, script: string): Promise<void> {
  const path = join(home, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\n[ "$1" = get ] || exit 9\n${script}\n`);
  await chmod(path, 0o755);
}

describe('a configuration file', () => {
  const entries: readonly (readonly [string, object, Credential | undefined])[] = [
    ['auth', { auth: encode('u:p:w') }, basic('u', 'p:w')],
    ['auth without padding', { auth: encode('u:p').replace(/=+$/, '') }, basic('u', 'p')],
    ['a name and password', { username: 'u', password: 'p' }, basic('u', 'p')],
    ['an identity token', { auth: encode('u:p'), identitytoken: 't' }, { kind: 'identity', token: 't' }],
    ['the name <token>', { auth: encode('<token>:t') }, { kind: 'identity', token: 't' }],
    ['a registry token', { registrytoken: 't' }, { kind: 'bearer', token: 't' }],
    ['nothing, as helpers leave it', {}, undefined],
    ['something broken', { auth: 'nocolon' }, undefined],
  ];
  for (const [name, entry, expected] of entries) {
    test(`may have ${name}`, () => {
      const { auths } = parseCredentialConfig(JSON.stringify({ auths: { h: entry } }));
      assert.deepEqual(auths.get('h'), expected);
    });
  }

  test('that is broken is not shown', () => {
    for (const text of ['{"auths":{"h":{"auth":"hunter2', '"hunter2"']) {
      assert.throws(() => parseCredentialConfig(text), /^Error: it is no JSON( object)?$/);
    }
  });
});

describe('keys', () => {
  const find = (registry: string, repository: string, ...keys: readonly string[]): string | undefined => {
    return findEntry(new Map(keys.map((key) => [key, key])), registry, repository);
  };
  const cases: readonly (readonly [string, string, readonly string[], string | undefined])[] = [
    ['ghcr.io', 'a/b', ['ghcr.io'], 'ghcr.io'],
    ['ghcr.io', 'a/b', ['https://ghcr.io'], 'https://ghcr.io'],
    ['ghcr.io', 'a/b', ['https://ghcr.io/v2/'], 'https://ghcr.io/v2/'],
    ['ghcr.io', 'a/b', ['ghcr.io/v2/'], 'ghcr.io/v2/'],
    ['ghcr.io', 'a/b', ['ghcr.io', 'ghcr.io/a', 'ghcr.io/a/b', 'ghcr.io/a/c'], 'ghcr.io/a/b'],
    ['ghcr.io', 'a/bc', ['ghcr.io', 'ghcr.io/a/b'], 'ghcr.io'],
    ['ghcr.io:5000', 'a', ['ghcr.io'], undefined],
    ['io', 'a', ['ghcr.io'], undefined],
    ['docker.io', 'library/x', ['https://index.docker.io/v1/'], 'https://index.docker.io/v1/'],
    ['docker.io', 'library/x', ['registry-1.docker.io'], 'registry-1.docker.io'],
    ['docker.io', 'library/x', ['docker.io', 'docker.io/library'], 'docker.io/library'],
    ['evil.test', 'ghcr.io/a', ['ghcr.io', 'ghcr.io/a'], undefined],
  ];
  for (const [registry, repository, keys, expected] of cases) {
    test(`${registry}/${repository} among ${keys.join(', ')}`, () => {
      assert.equal(find(registry, repository, ...keys), expected);
    });
  }
});

describe('helpers', () => {
  test('are asked by name, with the server on standard input', async () => {
    assert.deepEqual(await askHelper('good', 'ghcr.io', env), basic('for ghcr.io', 's3cret'));
    assert.deepEqual(await askHelper('identity', 'ghcr.io', env), { kind: 'identity', token: 'refresh' });
    assert.equal(await askHelper('none', 'ghcr.io', env), undefined);
    assert.deepEqual(await askHelper('deaf', 'ghcr.io', env), basic('u', 'p'));
  });

  for (const name of ['broken', 'odd', 'missing', '../good', 'good; rm', '']) {
    test(`'${name}' fails without a word of what it said`, async () => {
      await assert.rejects(askHelper(name, 'ghcr.io', env), (error: unknown) => !String(error).includes('hunter2'));
    });
  }
});

describe('credentials', () => {
  test('come from docker first, then podman; the registry’s helper, its entry, the helper for all', async () => {
    await mkdir(join(home, '.docker'), { recursive: true });
    await mkdir(join(home, 'run/containers'), { recursive: true });
    const docker = {
      auths: { 'a.test': { auth: encode('docker:a') }, 'b.test': { auth: encode('docker:b') } },
      credHelpers: { 'b.test': 'good', 'c.test': 'broken' },
    };
    const podman = { auths: { 'a.test': { auth: encode('podman:a') }, 'd.test/org': { auth: encode('podman:d') } } };
    await writeFile(join(home, '.docker/config.json'), JSON.stringify(docker));
    await writeFile(join(home, 'run/containers/auth.json'), JSON.stringify(podman));
    const warnings: string[] = [];
    const credentials = await loadCredentials({ env, warn: (message) => warnings.push(message) });
    assert.deepEqual(await credentials.find('a.test', 'x'), basic('docker', 'a'));
    assert.deepEqual(await credentials.find('b.test', 'x'), basic('for b.test', 's3cret'));
    assert.equal(await credentials.find('c.test', 'x'), undefined);
    assert.deepEqual(await credentials.find('d.test', 'org/x'), basic('podman', 'd'));
    assert.equal(await credentials.find('d.test', 'other/x'), undefined);
    assert.deepEqual(warnings, ['credentials for c.test: docker-credential-broken failed']);
  });

  test('may come from a named directory or file, and a missing one is told', async () => {
    const warnings: string[] = [];
    await writeFile(join(home, 'config.json'), JSON.stringify({ credsStore: 'good' }));
    for (const path of [home, join(home, 'config.json')]) {
      const credentials = await loadCredentials({ env, path });
      assert.deepEqual(await credentials.find('docker.io', 'x'), basic('for https://index.docker.io/v1/', 's3cret'));
    }
    await loadCredentials({ env, path: join(home, 'none'), warn: (message) => warnings.push(message) });
    assert.equal(warnings.length, 1);
  });
});
