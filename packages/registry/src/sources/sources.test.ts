import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createAuthority } from '@ostiary/pki';
import { RegistryError } from '../errors.ts';
import { loadSources, parseSources } from './load.ts';
import { proxiesFromEnvironment, proxyFor } from './proxies.ts';

const { certificatePem } = createAuthority({ commonName: 'test', validForDays: 1, now: new Date() });
let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ostiary-sources-'));
  await writeFile(join(directory, 'ca.der'), new X509Certificate(certificatePem).raw);
  await writeFile(join(directory, 'bundle.pem'), `# comment\n${certificatePem}${certificatePem}`);
});
after(() => rm(directory, { recursive: true }));

describe('a sources file', () => {
  test('has hosts, authorities in PEM and DER, and proxies', async () => {
    const text = JSON.stringify({
      insecure_sources: ['a:5000', 'b'],
      source_authorities: {
        'c:443': [
          { type: 'Path', path: join(directory, 'ca.der') },
          { type: 'Path', path: join(directory, 'bundle.pem') },
          { type: 'Data', data: certificatePem },
        ],
      },
      proxies: { http_proxy: 'http://p:1', no_proxy: 'x' },
      future: true,
    });
    const path = join(directory, 'sources.yaml');
    await writeFile(path, text);
    const sources = await loadSources(path);
    assert.deepEqual([...sources.insecure], ['a:5000', 'b']);
    assert.deepEqual(
      sources.authorities.get('c:443'),
      Array.from({ length: 4 }, () => certificatePem),
    );
    assert.deepEqual(sources.proxies, { http: 'http://p:1', no: 'x' });
  });

  test('may be empty', async () => {
    for (const text of ['', '{}', 'insecure_sources:\nsource_authorities:\nproxies:\n']) {
      assert.deepEqual(await parseSources(text), { insecure: new Set(), authorities: new Map(), proxies: undefined });
    }
  });

  const bad: readonly (readonly [string, RegExp])[] = [
    ['[', /no YAML/],
    ['[]', /the file: expected a mapping/],
    ['insecure_sources: x', /insecure_sources: expected a list/],
    ['insecure_sources: [1]', /insecure_sources, entry 0/],
    ['source_authorities: {h: x}', /source_authorities of h: expected a list/],
    [
      'source_authorities: {h: [{type: Path, path: /no/such}]}',
      /of h, certificate 0 \(\/no\/such\) can't be used: ENOENT/,
    ],
    ['source_authorities: {h: [{type: Data, data: "x"}]}', /of h, certificate 0 can't be used/],
    ['source_authorities: {h: [{type: Data, data: "-----BEGIN X"}]}', /of h, certificate 0 can't be used: it has no/],
    ['source_authorities: {h: [{type: Url, url: x}]}', /of h, certificate 0: expected \{type: Path/],
    ['proxies: {https_proxy: "user:hunter2"}', /proxies.https_proxy: expected a URL/],
  ];
  for (const [text, message] of bad) {
    test(`is refused: ${text}`, async () => {
      await assert.rejects(parseSources(text), (error: unknown) => {
        assert.ok(error instanceof RegistryError && error.code === 'invalid-configuration');
        assert.match(error.message, message);
        assert.ok(!error.message.includes('hunter2'));
        return true;
      });
    });
  }

  test('that is missing is an error', async () => {
    await assert.rejects(loadSources(join(directory, 'none')), /sources file .*none can't be read/);
  });
});

describe('proxies', () => {
  test('of the environment: upper case wins', () => {
    const env = { HTTP_PROXY: 'a', http_proxy: 'b', https_proxy: 'c', NO_PROXY: '', no_proxy: 'd' };
    assert.deepEqual(proxiesFromEnvironment(env), { http: 'a', https: 'c', no: 'd' });
  });

  const cases: readonly (readonly [string, string, boolean])[] = [
    ['https://ghcr.io/v2/', '', true],
    ['https://ghcr.io/v2/', '*', false],
    ['https://ghcr.io/v2/', 'ghcr.io', false],
    ['https://ghcr.io/v2/', 'GHCR.io', false],
    ['https://pkg.ghcr.io/v2/', 'ghcr.io', false],
    ['https://pkg.ghcr.io/v2/', '.ghcr.io', false],
    ['https://pkg.ghcr.io/v2/', '*.ghcr.io', false],
    ['https://notghcr.io/v2/', 'ghcr.io', true],
    ['https://ghcr.io/v2/', 'ghcr.io:443', false],
    ['https://ghcr.io/v2/', 'ghcr.io:5000', true],
    ['https://10.1.2.3/', '10.0.0.0/8', false],
    ['https://10.1.2.3/', '10.1.3.0/24', true],
    ['https://10.1.2.3/', '0.0.0.0/0', false],
    ['https://110.1.2.3/', '1.2.3', true],
    ['https://[::1]:5000/', '::1', false],
    ['https://[::1]:5000/', '[::1]:5000', false],
    ['https://a.test/', 'x, y ,a.test', false],
  ];
  for (const [url, no, isProxied] of cases) {
    test(`${url} with '${no}' is asked ${isProxied ? 'through the proxy' : 'directly'}`, () => {
      assert.equal(proxyFor(new URL(url), { https: 'http://p', no }), isProxied ? 'http://p' : undefined);
    });
  }

  test('are chosen by the scheme of the URL', () => {
    const settings = { http: 'http://a', https: 'http://b' };
    assert.equal(proxyFor(new URL('http://x/'), settings), 'http://a');
    assert.equal(proxyFor(new URL('https://x/'), settings), 'http://b');
    assert.equal(proxyFor(new URL('https://x/'), { http: 'http://a' }), undefined);
  });
});
