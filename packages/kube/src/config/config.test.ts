import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { createCredentials } from '../auth/credentials.ts';
import { systemClock } from '../clock.ts';
import { KubeConfigError } from '../errors.ts';
import { loadKubeConfig } from './load.ts';
import type { KubeConfig } from './types.ts';

async function folder(
  t: TestContext,
): Promise<{ readonly dir: string; readonly write: (name: string, content: unknown) => Promise<string> }> {
  const dir = await mkdtemp(join(tmpdir(), 'ostiary-kube-'));
  t.after(() => rm(dir, { recursive: true }));
  const write = async (name: string, content: unknown): Promise<string> => {
    const path = join(dir, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : stringify(content));
    return path;
  };
  return { dir, write };
}

const file = (cluster: object, user: object = {}, name = 'x'): object => ({
  'current-context': name,
  contexts: [{ name, context: { cluster: name, user: name, namespace: 'n' } }],
  clusters: [{ name, cluster }],
  users: [{ name, user }],
});
const PEM = '-----BEGIN CERTIFICATE-----\n';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('everything a cluster and a user can say', async (t) => {
  const { dir, write } = await folder(t);
  const path = await write(
    'config',
    file(
      {
        server: 'https://[::1]:6443/base/',
        'certificate-authority-data': base64(PEM),
        'tls-server-name': 's',
        'proxy-url': 'http://p:1',
      },
      {
        token: 'T',
        tokenFile: 'tok',
        'client-certificate': 'crt',
        'client-key': '/abs/key',
        as: 'bob',
        'as-groups': ['g'],
        'as-user-extra': { k: ['v'] },
      },
    ),
  );
  assert.deepEqual(await loadKubeConfig({ path }), {
    cluster: {
      server: 'https://[::1]:6443/base',
      certificateAuthority: { kind: 'data', pem: PEM },
      tlsServerName: 's',
      insecureSkipTlsVerify: false,
      proxyUrl: 'http://p:1',
      execExtension: undefined,
    },
    user: {
      token: 'T',
      tokenFile: join(dir, 'tok'),
      clientCertificate: { kind: 'file', path: join(dir, 'crt') },
      clientKey: { kind: 'file', path: '/abs/key' },
      basic: undefined,
      exec: undefined,
      impersonate: { user: 'bob', uid: undefined, groups: ['g'], extra: { k: ['v'] } },
    },
    namespace: 'n',
    context: 'x',
  });
});

test('files are merged as kubectl does: the first to name something wins whole', async (t) => {
  const { write } = await folder(t);
  const first = await write('1/config', {
    users: [{ name: 'x', user: { username: 'first', password: 'p' } }],
    clusters: [],
  });
  const second = await write(
    '2/config',
    file({ server: 'https://second', 'certificate-authority': 'ca' }, { username: 'second', token: 'T' }),
  );
  const third = await write('3/config', file({ server: 'https://third' }, {}, 'y'));
  const env = { KUBECONFIG: `/no/such/file::${first}:${second}:${third}:${first}` };
  const merged = await loadKubeConfig({ env });
  assert.equal(merged.context, 'x');
  assert.equal(merged.cluster.server, 'https://second');
  assert.deepEqual(merged.cluster.certificateAuthority, { kind: 'file', path: join(second, '../ca') });
  assert.deepEqual([merged.user.basic, merged.user.token], [{ username: 'first', password: 'p' }, undefined]);
  assert.equal((await loadKubeConfig({ env, context: 'y' })).cluster.server, 'https://third');
});

test('without files the home folder counts, then the container', async (t) => {
  const { dir, write } = await folder(t);
  const inside = { HOME: dir, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  await assert.rejects(loadKubeConfig({ env: { HOME: dir }, serviceAccountDir: dir }), { code: 'not-found' });
  await assert.rejects(loadKubeConfig({ env: inside, serviceAccountDir: dir }), { code: 'not-found' });
  await write('token', 'T');
  await write('namespace', 'own\n');
  assert.deepEqual(await loadKubeConfig({ env: inside, serviceAccountDir: dir }), {
    cluster: {
      server: 'https://[fd00::1]:443',
      certificateAuthority: { kind: 'file', path: join(dir, 'ca.crt') },
      insecureSkipTlsVerify: false,
    },
    user: { tokenFile: join(dir, 'token') },
    namespace: 'own',
  } satisfies KubeConfig);
  await write('.kube/config', file({ server: 'https://home' }));
  assert.equal((await loadKubeConfig({ env: inside, serviceAccountDir: dir })).cluster.server, 'https://home');
});

const S = { server: 'https://s' };
const BAD: readonly (readonly [what: string, content: unknown, code: string, field: RegExp])[] = [
  ['YAML errors without their text', 'token: "SECRET\n  x: [', 'not-yaml', /^[^]*config: line \d+: [A-Z_]+$/],
  [
    'alias bombs',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((n, i) => `${n}: &${n} [${Array(9).fill(`*${'abcdefgh'[i]}`).join()}]`)
      .join('\n')}`,
    'not-yaml',
    /./,
  ],
  ['a list', [], 'invalid-field', /kubeconfig/],
  ['no context', {}, 'unknown-context', /current-context/],
  ['unknown context', { 'current-context': 'y', contexts: [{ name: 'x' }] }, 'unknown-context', /"y"/],
  ['unknown cluster', { ...file(S), clusters: [] }, 'unknown-cluster', /contexts\[0\]\.context\.cluster/],
  ['unknown user', { ...file(S), users: [] }, 'unknown-user', /contexts\[0\]\.context\.user/],
  ['no server', file({}), 'invalid-field', /clusters\[0\]\.cluster\.server/],
  ['a server of another kind', file({ server: 'ftp://x' }), 'invalid-field', /clusters\[0\]\.cluster\.server/],
  ['a server with a user', file({ server: 'https://u:SECRET@x' }), 'invalid-field', /server/],
  [
    'a flag that is a text',
    file({ ...S, 'insecure-skip-tls-verify': 'SECRET' }),
    'invalid-field',
    /insecure-skip-tls-verify/,
  ],
  [
    'an authority that is not asked',
    file({ ...S, 'insecure-skip-tls-verify': true, 'certificate-authority': 'x' }),
    'invalid-field',
    /insecure/,
  ],
  [
    'an authority that is not PEM',
    file({ ...S, 'certificate-authority-data': 'SECRET' }),
    'invalid-field',
    /certificate-authority-data/,
  ],
  ['a token that is a number', file(S, { token: 5 }), 'invalid-field', /users\[0\]\.user\.token/],
  ['a certificate without its key', file(S, { 'client-certificate': 'x' }), 'invalid-field', /client-certificate/],
  ['auth-provider', file(S, { 'auth-provider': { name: 'gcp' } }), 'unsupported', /exec plugin/],
  ['groups without a user', file(S, { 'as-groups': ['g'] }), 'invalid-field', /user\.as/],
  [
    'an old plugin',
    file(S, { exec: { apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 'x' } }),
    'unsupported',
    /exec\.apiVersion/,
  ],
  [
    'a plugin without a mode',
    file(S, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'x' } }),
    'invalid-field',
    /interactiveMode/,
  ],
  [
    'a plugin without a command',
    file(S, { exec: { apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never' } }),
    'invalid-field',
    /command/,
  ],
];
for (const [what, content, code, field] of BAD) {
  test(`refused: ${what}`, async (t) => {
    const { write } = await folder(t);
    const path = await write('config', content);
    await assert.rejects(loadKubeConfig({ path }), (error) => {
      assert.ok(error instanceof KubeConfigError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, field);
      assert.ok(error.message.includes(path) && !error.message.includes('SECRET'), error.message);
      return true;
    });
  });
}

test('any text is a configuration or a KubeConfigError', async (t) => {
  const { write } = await folder(t);
  const words = fc.constantFrom(
    'users',
    'clusters',
    ':',
    '\n',
    ' ',
    '-',
    'name',
    'x',
    '{',
    '}',
    '[',
    ']',
    '"',
    '&a',
    '*a',
    '!!js',
    '|',
    '#',
    '\t',
    'contexts',
    'current-context',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(words, { maxLength: 40 }), async (parts) => {
      await assert.rejects(loadKubeConfig({ path: await write('config', parts.join('')) }), KubeConfigError);
    }),
    { numRuns: 60 },
  );
});

test('a missing file that was named is an error', async () => {
  await assert.rejects(loadKubeConfig({ path: '/no/such/file' }), { code: 'not-found', file: '/no/such/file' });
});

async function plugin(t: TestContext, script: string, extra: object = {}) {
  const { dir, write } = await folder(t);
  const command = await write('plugin', `#!${process.execPath}\n${script}`);
  await chmod(command, 0o755);
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: './plugin',
    interactiveMode: 'Never',
    env: [{ name: 'WHO', value: 'me' }],
    args: ['x'],
    ...extra,
  };
  const ca = {
    'certificate-authority-data': base64(PEM),
    extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } }],
  };
  const config = await loadKubeConfig({ path: await write('config', file({ ...S, ...ca }, { exec })) });
  let time = Date.parse('2030-01-01T00:00:00Z');
  const clock = { ...systemClock, date: () => new Date(time) };
  return { dir, credentials: createCredentials(config, clock), advance: (ms: number) => void (time += ms) };
}
const says = (status: string): string =>
  `console.log(JSON.stringify({apiVersion:'client.authentication.k8s.io/v1',kind:'ExecCredential',status:${status}}))`;

test('a plugin gets what it needs, runs once for many, and again when its credential expires', async (t) => {
  const script = `
    const fs = require('node:fs'); const log = __dirname + '/log';
    fs.appendFileSync(log, 'x');
    const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
    const { cluster, interactive } = info.spec;
    ${says(`{token: [process.env.WHO, process.argv[2], interactive, cluster.server, cluster.config.audience, Buffer.from(cluster['certificate-authority-data'],'base64').toString().length, fs.readFileSync(log,'utf8').length].join(), expirationTimestamp: '2030-01-01T01:00:00Z'}`)}`;
  const { credentials, advance } = await plugin(t, script, { provideClusterInfo: true });
  const header = async (): Promise<unknown> => (await credentials.headers())['authorization'];
  const many = await Promise.all([header(), header(), credentials.tls().then(header)]);
  assert.deepEqual(new Set(many), new Set([`Bearer me,x,false,https://s,a,${PEM.length},1`]));
  advance(3_600_001);
  assert.match(String(await header()), /,2$/);
  assert.equal(credentials.refresh(), true);
  assert.match(String(await header()), /,3$/);
});

test('a plugin can give a certificate', async (t) => {
  const { credentials } = await plugin(t, says(`{clientCertificateData:'C',clientKeyData:'K'}`));
  assert.deepEqual(await credentials.tls(), { ca: PEM, cert: 'C', key: 'K' });
  assert.deepEqual(await credentials.headers(), {});
});

for (const [what, script, message] of [
  ['fails', 'console.log("SECRET"); process.exit(3)', /code 3/],
  ['writes no JSON', 'console.log("SECRET")', /JSON/],
  [
    'writes another version',
    'console.log(JSON.stringify({kind:"ExecCredential",apiVersion:"x"}))',
    /client.authentication/,
  ],
  ['writes nothing useful', says('{}'), /neither/],
  ['writes half a pair', says('{token:"SECRET",clientKeyData:"SECRET"}'), /without the other/],
  ['writes a strange time', says('{token:"SECRET",expirationTimestamp:"soon"}'), /no time/],
  ['writes without an end', 'setInterval(() => process.stdout.write("x".repeat(65536)), 0)', /more than/],
] as const) {
  test(`a plugin that ${what} is an error that does not say what it wrote`, async (t) => {
    const { credentials } = await plugin(t, script);
    await assert.rejects(credentials.headers(), (error) => {
      assert.ok(error instanceof KubeConfigError);
      assert.equal(error.code, 'exec-failed');
      assert.match(error.message, message);
      assert.ok(!error.message.includes('SECRET'));
      return true;
    });
  });
}

test('a missing plugin says how to get it', async (t) => {
  const { credentials } = await plugin(t, '', { command: '/no/such/plugin', installHint: 'install it' });
  await assert.rejects(credentials.headers(), { code: 'exec-failed', message: /can't be run: install it/ });
});

test('a token file is read again after a minute, and its last text outlives it', async (t) => {
  const { dir, write } = await folder(t);
  let time = 0;
  const config = {
    cluster: { server: 'https://s', insecureSkipTlsVerify: false },
    user: { tokenFile: join(dir, 'token') },
    namespace: 'n',
  };
  const credentials = createCredentials(config, { ...systemClock, now: () => time });
  const header = async (): Promise<unknown> => (await credentials.headers())['authorization'];
  await assert.rejects(header(), { code: 'unreadable' });
  await write('token', 'one\n');
  assert.equal(await header(), 'Bearer one');
  await write('token', 'two\n');
  time += 59_000;
  assert.equal(await header(), 'Bearer one');
  time += 2000;
  assert.equal(await header(), 'Bearer two');
  await rm(join(dir, 'token'));
  time += 61_000;
  assert.equal(await header(), 'Bearer two');
});
