import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import type { Credential, Credentials } from '../credentials/credential.ts';
import { startTestRegistry, type TestRegistry, type TestRegistryOptions } from '../testing/registry.ts';
import type { ModuleClient } from './client.ts';
import { createOciClient } from './create.ts';
import { digestOf } from './digest.ts';
import { addPolicy, clientFor, collect, failsWith, imageAt, insecure, someModule } from './fixtures.ts';

const now = new Date();
const authority = createAuthority({ commonName: 'test', validForDays: 2, now });
const leaf = issueCertificate(authority, {
  commonName: 'registry',
  validForDays: 1,
  now,
  ipAddresses: ['127.0.0.1'],
  usages: ['server'],
});
const tls = { key: leaf.privateKeyPem, cert: leaf.certificatePem };
const login = { username: 'robot$ci', password: 'pa:ss w\u00f6rd' };

function knows(credential: Credential): Credentials {
  return { find: async () => credential };
}

async function using<T>(options: TestRegistryOptions, run: (registry: TestRegistry) => Promise<T>): Promise<T> {
  const registry = await startTestRegistry(options);
  try {
    return await run(registry);
  } finally {
    await registry.close();
  }
}

interface Way {
  readonly name: string;
  readonly options: TestRegistryOptions;
  readonly client: (registry: TestRegistry) => ModuleClient;
}

const basic = knows({ kind: 'basic', ...login });
const WAYS: readonly Way[] = [
  { name: 'plain HTTP', options: {}, client: (registry) => clientFor(registry) },
  {
    name: 'Basic',
    options: { access: { kind: 'basic', ...login } },
    client: (registry) => clientFor(registry, { credentials: basic }),
  },
  {
    name: 'tokens',
    options: { access: { kind: 'token', ...login } },
    client: (registry) => clientFor(registry, { credentials: basic }),
  },
  {
    name: 'identity tokens',
    options: { access: { kind: 'token', ...login, identityToken: 'refresh!' } },
    client: (registry) => clientFor(registry, { credentials: knows({ kind: 'identity', token: 'refresh!' }) }),
  },
  {
    name: 'TLS with an own authority and tokens',
    options: { tls, access: { kind: 'token', ...login } },
    client: (registry) => {
      const authorities = new Map([[registry.host, [authority.certificatePem]]]);
      const sources = { insecure: new Set<string>(), authorities, proxies: undefined };
      return clientFor(registry, { sources, credentials: basic });
    },
  },
  { name: 'unverified TLS', options: { tls }, client: (registry) => clientFor(registry) },
  { name: 'no referrers API', options: { referrers: false }, client: (registry) => clientFor(registry) },
  { name: 'no chunks', options: { refuseChunks: 406 }, client: (registry) => clientFor(registry) },
  { name: 'no Location', options: { omitsLocation: true }, client: (registry) => clientFor(registry) },
];

for (const way of WAYS) {
  describe(`the client over ${way.name}`, () => {
    let registry: TestRegistry;
    let client: ModuleClient;
    before(async () => {
      registry = await startTestRegistry(way.options);
      client = way.client(registry);
    });
    after(async () => {
      await client.close();
      await registry.close();
    });

    test('resolves and reads what is there', async () => {
      const { module, digest, layer } = addPolicy(registry, 'org/policy', 'v1');
      const ref = imageAt(registry, 'org/policy');
      const resolved = await client.resolve(ref);
      assert.equal(resolved.digest, digest);
      const manifest = await client.manifest({ ...ref, digest });
      assert.equal(manifest.digest, digest);
      assert.equal(manifest.bytes.length, resolved.size);
      assert.deepEqual(await collect(client.blob(ref, layer)), module);
      assert.deepEqual(await client.blobBytes(ref, layer, { maxBytes: 1000 }), module);
      await assert.rejects(client.blobBytes(ref, layer, { maxBytes: 999 }), failsWith('too-large'));
    });

    test('pushes blobs of every size, and the manifest last', async () => {
      const ref = imageAt(registry, 'org/pushed');
      for (const size of [0, 8, 4 * 1024 * 1024, 9 * 1024 * 1024 + 1]) {
        const bytes = Buffer.alloc(size, size % 251);
        const blob = { digest: digestOf(bytes), size, open: () => pieces(bytes) };
        await client.pushBlob(ref, blob);
        await client.pushBlob(ref, blob);
        assert.deepEqual(registry.repository('org/pushed').blobs.get(blob.digest), bytes);
      }
    });

    test('lists what refers to a manifest', async () => {
      const { digest } = addPolicy(registry, 'org/signed', 'v1');
      const ref = imageAt(registry, 'org/signed');
      assert.deepEqual(await client.referrers(ref, digest), []);
      const config = { mediaType: 'application/vnd.example.a', digest: digestOf(Buffer.from('{}')), size: 2 };
      const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 1 };
      for (const artifactType of ['application/vnd.example.a', 'application/vnd.example.b']) {
        const document = { schemaVersion: 2, artifactType, config, layers: [], subject };
        const bytes = Buffer.from(JSON.stringify(document));
        const mediaType = 'application/vnd.oci.image.manifest.v1+json';
        await client.pushManifest({ ...ref, tag: artifactType.at(-1)! }, { bytes, mediaType });
      }
      assert.equal((await client.referrers(ref, digest)).length, 2);
      const [only, ...others] = await client.referrers(ref, digest, { artifactType: 'application/vnd.example.b' });
      assert.equal(others.length, 0);
      assert.equal(only?.artifactType, 'application/vnd.example.b');
      assert.deepEqual((await Array.fromAsync(client.tags(ref))).includes('v1'), true);
    });

    test('mounts and copies, with what refers to it', async () => {
      const { digest } = addPolicy(registry, 'org/from', 'v1');
      addPolicy(registry, 'org/from', `${digest.replace(':', '-')}.sig`);
      const ref = imageAt(registry, 'org/from');
      const copied = await client.copy(ref, imageAt(registry, 'org/to', 'v9'), { referrers: true });
      assert.equal(copied, digest);
      const { tags, blobs } = registry.repository('org/to');
      assert.deepEqual([...tags.keys()].sort(), [`${digest.replace(':', '-')}.sig`, 'v9']);
      assert.equal(blobs.size, 3);
    });

    test('says what is not there', async () => {
      await assert.rejects(client.resolve(imageAt(registry, 'org/none')), failsWith('not-found'));
      await assert.rejects(client.manifest(imageAt(registry, 'org/none')), failsWith('not-found'));
    });
  });
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 700_000) yield bytes.subarray(start, start + 700_000);
}

describe('authorization', () => {
  test('a token is asked for once and serves until it ends', async () => {
    await using({ access: { kind: 'token', ...login } }, async (registry) => {
      addPolicy(registry, 'org/policy', 'v1');
      const client = clientFor(registry, { credentials: basic });
      for (let round = 0; round < 5; round++) await client.resolve(imageAt(registry, 'org/policy'));
      assert.equal(registry.seen.filter(({ url }) => url.startsWith('/token')).length, 1);
      assert.equal(registry.seen.length, 7);
      await client.close();
    });
  });

  test('a token asks for no more than the call needs, whatever the challenge says', async () => {
    await using({ access: { kind: 'token', ...login } }, async (registry) => {
      addPolicy(registry, 'org/policy', 'v1');
      const asked: string[] = [];
      registry.intercept = (request, response) => {
        const url = new URL(request.url ?? '', `http://${registry.host}`);
        if (url.pathname === '/token') asked.push(...url.searchParams.getAll('scope'));
        else if (request.headers.authorization === undefined) {
          const scope = 'repository:mirror/org/policy:pull repository:org/policy:pull,push registry:catalog:*';
          const challenge = `Bearer realm="http://${registry.host}/token",scope="${scope}"`;
          response.writeHead(401, { 'www-authenticate': challenge }).end();
          return true;
        }
        return false;
      };
      const client = clientFor(registry, { credentials: basic });
      await client.resolve(imageAt(registry, 'org/policy'));
      assert.deepEqual(asked, ['repository:org/policy:pull', 'repository:mirror/org/policy:pull']);
      await client.close();
    });
  });

  test('wrong credentials are refused after one try, and not shown', async () => {
    for (const kind of ['basic', 'token'] as const) {
      await using({ access: { kind, ...login } }, async (registry) => {
        const wrong = knows({ kind: 'basic', username: 'robot', password: 'topsecret' });
        const client = clientFor(registry, { credentials: wrong });
        const base64 = Buffer.from('robot:topsecret').toString('base64');
        await assert.rejects(
          client.manifest(imageAt(registry, 'org/policy')),
          failsWith('unauthorized', 'topsecret', base64),
        );
        assert.ok(registry.seen.length <= 3, String(registry.seen.length));
        await client.close();
      });
    }
  });
});

describe('the protocol ladder', () => {
  test('a certificate of nobody is refused, with advice', async () => {
    await using({ tls }, async (registry) => {
      const client = clientFor(registry, { sources: insecure() });
      await assert.rejects(client.resolve(imageAt(registry, 'org/policy')), (error: unknown) => {
        return failsWith('tls')(error) && /source_authorities/.test(String(error));
      });
      await client.close();
    });
  });

  test('a host that is not listed is never asked over plain HTTP', async () => {
    await using({}, async (registry) => {
      addPolicy(registry, 'org/policy', 'v1');
      const client = clientFor(registry, { sources: insecure('elsewhere:1') });
      await assert.rejects(client.resolve(imageAt(registry, 'org/policy')), failsWith('tls'));
      assert.equal(registry.seen.length, 0);
      await client.close();
    });
  });

  test('an authority counts for its own host only', async () => {
    await using({ tls }, async (registry) => {
      const authorities = new Map([['elsewhere:1', [authority.certificatePem]]]);
      const client = clientFor(registry, { sources: { ...insecure(), authorities } });
      await assert.rejects(client.resolve(imageAt(registry, 'org/policy')), failsWith('tls'));
      await client.close();
    });
  });
});

test('resumes a blob where its connection broke', async () => {
  await using({}, async (registry) => {
    const { module, layer } = addPolicy(registry, 'org/policy', 'v1', someModule(300_000));
    let breaks = 2;
    const ranges: string[] = [];
    registry.intercept = (request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      ranges.push(request.headers.range ?? '');
      if (breaks-- <= 0) return false;
      const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      const range = { 'content-range': `bytes ${start}-299999/300000` };
      response.writeHead(start === 0 ? 200 : 206, { 'content-length': String(300_000 - start), ...range });
      response.write(module.subarray(start, start + 100_000), () => setTimeout(() => response.destroy(), 20));
      return true;
    };
    const client = clientFor(registry);
    assert.deepEqual(await collect(client.blob(imageAt(registry, 'org/policy'), layer)), module);
    assert.deepEqual(ranges, ['', 'bytes=100000-', 'bytes=200000-']);
    await client.close();
  });
});

test('reads a manifest again whose connection broke, and comes back when it is told to', async () => {
  await using({}, async (registry) => {
    const { digest } = addPolicy(registry, 'org/policy', 'v1');
    let trouble = 2;
    registry.intercept = (_request, response) => {
      if (trouble === 0) return false;
      if (trouble-- === 2) response.writeHead(200, { 'content-length': '99' }).write('{', () => response.destroy());
      else response.writeHead(429, { 'retry-after': '1' }).end();
      return true;
    };
    const client = clientFor(registry);
    const start = performance.now();
    assert.equal((await client.manifest(imageAt(registry, 'org/policy'))).digest, digest);
    assert.ok(performance.now() - start >= 990);
    await client.close();
  });
});

test('asks through a proxy, but not for exempt hosts', async () => {
  await using({}, async (proxy) => {
    const client = createOciClient({
      sources: insecure('registry.test'),
      env: { HTTP_PROXY: `http://${proxy.host}`, HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: 'other.test' },
      retry: { attempts: 1 },
    });
    addPolicy(proxy, 'org/policy', 'v1');
    // A forward proxy is asked for whole URLs; the test registry is one that serves them itself.
    proxy.intercept = (request) => {
      request.url = request.url?.replace('http://registry.test', '') ?? '';
      return false;
    };
    const { digest } = await client.resolve({ ...imageAt(proxy, 'org/policy'), registry: 'registry.test' });
    assert.match(digest, /^sha256:/);
    assert.ok(proxy.seen.every(({ url }) => url.startsWith('http://registry.test/')));
    await client.close();
  });
});
