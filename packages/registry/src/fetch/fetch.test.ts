import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { digestOf } from '../oci/digest.ts';
import { addPolicy, clientFor, failsWith, imageAt, insecure, someModule } from '../oci/fixtures.ts';
import { parseReference } from '../reference/parse.ts';
import type { HttpReference } from '../reference/reference.ts';
import { artifactAnnotations } from '../push/artifact.ts';
import { pushModule } from '../push/push.ts';
import { openStore } from '../store/store.ts';
import { startTestRegistry, type TestRegistry } from '../testing/registry.ts';
import { fetchModule, type FetchOptions } from './fetch.ts';

let directory = '';
let registry: TestRegistry;
let options: FetchOptions;
let client: ReturnType<typeof clientFor>;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ostiary-fetch-'));
});
after(() => rm(directory, { recursive: true }));
beforeEach(async (context) => {
  registry = await startTestRegistry();
  client = clientFor(registry);
  options = { store: openStore(await mkdtemp(join(directory, 'store-'))), client };
  if ('after' in context) {
    context.after(async () => {
      await client.close();
      await registry.close();
    });
  }
});

describe('a module in a registry', () => {
  test('is fetched once, and then is in the store', async () => {
    const { module } = addPolicy(registry, 'org/policy', 'v1');
    const first = await fetchModule(imageAt(registry, 'org/policy'), options);
    assert.deepEqual([first.source, first.digest], ['network', digestOf(module)]);
    assert.deepEqual(await readFile(first.path), module);
    registry.seen.length = 0;
    assert.equal((await fetchModule(imageAt(registry, 'org/policy'), options)).source, 'store');
    assert.equal(registry.seen.length, 0);
  });

  test('is fetched anew if its tag is latest, and only if it has changed', async () => {
    addPolicy(registry, 'org/policy', 'latest');
    const latest = imageAt(registry, 'org/policy', 'latest');
    assert.equal((await fetchModule(latest, options)).source, 'network');
    assert.equal((await fetchModule(latest, options)).source, 'store');
    const { module } = addPolicy(registry, 'org/policy', 'latest');
    assert.deepEqual(await readFile((await fetchModule(latest, options)).path), module);
  });

  test('is the stored one without a network, if a stale one will do', async () => {
    addPolicy(registry, 'org/policy', 'latest');
    const latest = imageAt(registry, 'org/policy', 'latest');
    await fetchModule(latest, options);
    registry.intercept = (_request, response) => {
      response.destroy();
      return true;
    };
    await assert.rejects(fetchModule(latest, options), failsWith('network'));
    assert.equal((await fetchModule(latest, { ...options, allowStale: true })).source, 'store');
  });

  test('is shared by those who want it at the same time; who gives up leaves alone', async () => {
    addPolicy(registry, 'org/policy', 'v1', someModule(100_000));
    const ref = imageAt(registry, 'org/policy');
    const controller = new AbortController();
    const impatient = fetchModule(ref, { ...options, signal: controller.signal });
    const others = Array.from({ length: 5 }, () => fetchModule(ref, options));
    controller.abort();
    await assert.rejects(impatient, failsWith('aborted'));
    for (const { source } of await Promise.all(others)) assert.equal(source, 'network');
    assert.equal(registry.seen.filter(({ url }) => url.includes('/blobs/')).length, 1);
  });

  test('must come from the manifest that was checked, whatever is stored or tagged now', async () => {
    const checked = addPolicy(registry, 'org/policy', 'v1');
    addPolicy(registry, 'org/policy', 'v1');
    const ref = imageAt(registry, 'org/policy');
    await fetchModule(ref, options);
    const { path, source } = await fetchModule(ref, { ...options, manifestDigest: checked.digest });
    assert.equal(source, 'network');
    assert.deepEqual(await readFile(path), checked.module);
  });

  test('is fetched again if the stored copy was changed', async () => {
    const { module } = addPolicy(registry, 'org/policy', 'v1');
    const { path } = await fetchModule(imageAt(registry, 'org/policy'), options);
    await writeFile(path, someModule());
    assert.equal((await fetchModule(imageAt(registry, 'org/policy'), options)).source, 'network');
    assert.deepEqual(await readFile(path), module);
  });

  const refused = [
    ['not-wasm', Buffer.from('<html>'), {}],
    ['not-wasm', Buffer.from([0, 0x61]), {}],
    ['too-large', someModule(2000), { maxBytes: 1999 }],
    ['digest-mismatch', someModule(), { expectDigest: digestOf(Buffer.from('other')) }],
  ] as const;
  for (const [code, module, more] of refused) {
    test(`is refused: ${code} of ${module.length} bytes`, async () => {
      addPolicy(registry, 'org/policy', 'v1', module);
      await assert.rejects(fetchModule(imageAt(registry, 'org/policy'), { ...options, ...more }), failsWith(code));
    });
  }

  for (const type of ['application/wasm', 'application/vnd.module.wasm.content.layer.v1+wasm']) {
    test(`may have a layer of ${type}, in an index`, async () => {
      const module = someModule();
      const config = registry.addBlob('org/policy', Buffer.from('{}'));
      const layer = { mediaType: type, digest: registry.addBlob('org/policy', module), size: module.length };
      const image = { config: { mediaType: 'x', digest: config, size: 2 }, layers: [layer] };
      const digest = registry.addManifest('org/policy', image);
      const entry = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 1 };
      const other = { ...entry, digest: `sha256:${'0'.repeat(64)}`, platform: { os: 'linux', architecture: 's390x' } };
      const wasm = { ...entry, platform: { os: 'wasi', architecture: 'wasm' } };
      const index = 'application/vnd.oci.image.index.v1+json';
      registry.addManifest('org/policy', { manifests: [other, wasm] }, 'v1', index);
      assert.equal((await fetchModule(imageAt(registry, 'org/policy'), options)).digest, digestOf(module));
    });
  }
});

describe('a module of a web server', () => {
  let server: Server;
  let status = 200;
  let breaks = 0;
  const module = someModule();
  const at = (path: string): HttpReference => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    return parseReference(`http://127.0.0.1:${port}${path}`) as HttpReference;
  };
  before(async () => {
    server = createServer((_request, response) => {
      response.writeHead(status, { 'content-length': String(module.length) });
      if (breaks-- > 0) response.write(module.subarray(0, 500), () => response.destroy());
      else response.end(module);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => server.close());

  test('is fetched from an insecure host, and its status counts', async () => {
    const web = clientFor(registry, { sources: insecure(at('/').url.host) });
    const { digest } = await fetchModule(at('/policy.wasm'), { ...options, client: web });
    assert.equal(digest, digestOf(module));
    status = 404;
    await assert.rejects(fetchModule(at('/other.wasm'), { ...options, client: web }), failsWith('not-found'));
    status = 200;
    await web.close();
  });

  test('is fetched again from its beginning if the connection breaks', async () => {
    const web = clientFor(registry, { sources: insecure(at('/').url.host) });
    breaks = 1;
    const { path } = await fetchModule(at('/policy.wasm'), { ...options, client: web });
    assert.deepEqual(await readFile(path), module);
    await web.close();
  });

  test('is not fetched over plain HTTP otherwise', async () => {
    await assert.rejects(fetchModule(at('/policy.wasm'), options), failsWith('tls'));
  });
});

test('a file is used in place', async () => {
  const path = join(directory, 'policy.wasm');
  const module = someModule();
  await writeFile(path, module);
  const found = await fetchModule({ kind: 'file', path }, options);
  assert.deepEqual(found, { path, digest: digestOf(module), size: module.length, source: 'file' });
  await assert.rejects(fetchModule({ kind: 'file', path: `${path}x` }, options), failsWith('not-found'));
  await assert.rejects(fetchModule({ kind: 'file', path: directory }, options), failsWith('store'));
  await assert.rejects(fetchModule({ kind: 'file', path: import.meta.filename }, options), failsWith('not-wasm'));
});

describe('a push', () => {
  test('makes the artifact that kwctl makes, byte for byte', async () => {
    const module = someModule(1234);
    const { annotations, dropped } = artifactAnnotations({
      'io.kubewarden.policy.usage': 'many\nlines',
      'io.kubewarden.policy.title': '  policy "x"  ',
      'io.kubewarden.policy.source': 'https://example.com',
    });
    assert.deepEqual(dropped, ['io.kubewarden.policy.usage']);
    const pushed = await pushModule(module, imageAt(registry, 'org/policy'), { client, annotations });
    const { bytes, mediaType } = registry.repository('org/policy').manifests.get(pushed.digest)!;
    assert.equal(mediaType, 'application/vnd.oci.image.manifest.v1+json');
    assert.equal(
      Buffer.from(bytes).toString('utf8'),
      '{"annotations":{"io.kubewarden.policy.source":"https://example.com",' +
        '"io.kubewarden.policy.title":"policy \\"x\\"","org.opencontainers.image.source":"https://example.com"},' +
        '"config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",' +
        '"mediaType":"application/vnd.wasm.config.v1+json","size":2},"layers":[{"digest":"' +
        `${digestOf(module)}","mediaType":"application/vnd.wasm.content.layer.v1+wasm","size":1234}],"schemaVersion":2}`,
    );
    assert.equal(pushed.immutableRef, `${registry.host}/org/policy@${pushed.digest}`);
    assert.equal((await fetchModule(imageAt(registry, 'org/policy'), options)).digest, digestOf(module));
  });

  test('refuses what is no module', async () => {
    const push = pushModule(Buffer.from('x'), imageAt(registry, 'a'), { client, annotations: {} });
    await assert.rejects(push, failsWith('not-wasm'));
  });
});
