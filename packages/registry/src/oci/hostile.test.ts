import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import type { RegistryErrorCode } from '../errors.ts';
import { answer } from '../testing/answer.ts';
import { startTestRegistry, type TestRegistry } from '../testing/registry.ts';
import type { Descriptor, ModuleClient } from './client.ts';
import { addPolicy, clientFor, collect, failsWith, imageAt, insecure, someModule } from './fixtures.ts';
import { findModuleLayer } from './select.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const ZEROS = `sha256:${'0'.repeat(64)}`;
const access = { kind: 'basic', username: 'u', password: 'pass-w0rd' } as const;
const credentials = { find: async () => access };

type Lie = (request: IncomingMessage, response: ServerResponse, registry: TestRegistry) => boolean;
type Act = (client: ModuleClient, registry: TestRegistry, layer: Descriptor) => Promise<unknown>;

interface Case {
  readonly name: string;
  readonly lie: Lie;
  readonly act: Act;
  readonly code: RegistryErrorCode;
}

const ref = (registry: TestRegistry) => imageAt(registry, 'org/policy');
const getManifest: Act = (client, registry) => client.manifest(ref(registry));
const getBlob: Act = (client, registry, layer) => collect(client.blob(ref(registry), layer));
const findLayer: Act = (client, registry) => findModuleLayer(client, ref(registry));
const push: Act = (client, registry) => {
  const bytes = Buffer.alloc(5 * 1024 * 1024);
  const digest = `sha256:${'1'.repeat(64)}`;
  const open = async function* () {
    yield bytes;
  };
  return client.pushBlob(ref(registry), { digest, size: bytes.length, open });
};

/** Lies about requests whose URL has `part`. */
function about(
  part: string,
  lie: (response: ServerResponse, request: IncomingMessage, registry: TestRegistry) => void,
): Lie {
  return (request, response, registry) => {
    if (!request.url?.includes(part)) return false;
    lie(response, request, registry);
    return true;
  };
}

function json(response: ServerResponse, document: unknown, type = MANIFEST): void {
  answer(response, 200, { 'content-type': type }, JSON.stringify(document));
}

const CASES: readonly Case[] = [
  {
    name: 'a blob with other bytes',
    lie: about('/blobs/', (response) => answer(response, 200, {}, someModule(1000))),
    act: getBlob,
    code: 'digest-mismatch',
  },
  {
    name: 'a blob with a byte more',
    lie: about('/blobs/', (response) => answer(response, 200, {}, someModule(1001))),
    act: getBlob,
    code: 'size-mismatch',
  },
  {
    name: 'a blob that is always too short',
    lie: about('/blobs/', (response) => answer(response, 200, {}, '')),
    act: getBlob,
    code: 'size-mismatch',
  },
  {
    name: 'a blob without end',
    lie: about('/blobs/', (response) => pour(response, Buffer.alloc(64 * 1024))),
    act: getBlob,
    code: 'size-mismatch',
  },
  {
    name: 'a blob by single bytes',
    lie: about('/blobs/', (response) => drip(response)),
    act: (client, registry, layer) => collect(client.blob(ref(registry), { ...layer, size: 1e6 })),
    code: 'timeout',
  },
  {
    name: 'a blob that never goes on',
    lie: about('/blobs/', (response) => void response.write('x')),
    act: getBlob,
    code: 'timeout',
  },
  {
    name: 'a head that never comes',
    lie: about('/manifests/', () => undefined),
    act: getManifest,
    code: 'timeout',
  },
  {
    name: 'another range than asked for',
    lie: (request, response) => {
      if (!request.url?.includes('/blobs/')) return false;
      if (request.headers.range === undefined) {
        response.writeHead(200, { 'content-length': '1000' });
        response.write(Buffer.alloc(500), () => setTimeout(() => response.destroy(), 10));
      } else answer(response, 206, { 'content-range': 'bytes 0-999/1000' }, Buffer.alloc(1000));
      return true;
    },
    act: getBlob,
    code: 'protocol',
  },
  {
    name: 'a manifest of a gigabyte',
    lie: about('/manifests/', (response) => {
      response.writeHead(200, { 'content-type': MANIFEST, 'content-length': String(2 ** 30) });
      pour(response, Buffer.alloc(64 * 1024, 0x20));
    }),
    act: getManifest,
    code: 'too-large',
  },
  {
    name: 'a web page for a manifest',
    lie: about('/manifests/', (response) => answer(response, 200, { 'content-type': 'text/html' }, '<html>')),
    act: getManifest,
    code: 'protocol',
  },
  {
    name: 'a manifest that is an index, too',
    lie: about('/manifests/', (response) => json(response, { config: {}, layers: [], manifests: [] })),
    act: getManifest,
    code: 'protocol',
  },
  {
    name: 'a layer with a path for a digest',
    lie: about('/manifests/', (response) => {
      const layer = { mediaType: 'application/wasm', digest: '../../secret', size: 1 };
      json(response, { config: layer, layers: [layer] });
    }),
    act: getManifest,
    code: 'protocol',
  },
  {
    name: 'a size that is no size',
    lie: about('/manifests/', (response) => {
      const layer = { mediaType: 'application/wasm', digest: ZEROS, size: -1 };
      json(response, { config: layer, layers: [layer] });
    }),
    act: getManifest,
    code: 'protocol',
  },
  {
    name: 'another manifest than the pinned one',
    lie: about('/manifests/', (response) => json(response, { config: null })),
    act: (client, registry) => client.manifest({ ...ref(registry), digest: ZEROS }),
    code: 'digest-mismatch',
  },
  {
    name: 'another digest for a pinned HEAD',
    lie: about('/manifests/', (response) => {
      const headers = { 'docker-content-digest': `sha256:${'1'.repeat(64)}`, 'content-type': MANIFEST };
      response.writeHead(200, { ...headers, 'content-length': '5' }).end();
    }),
    act: (client, registry) => client.resolve({ ...ref(registry), digest: ZEROS }),
    code: 'digest-mismatch',
  },
  {
    name: 'an image for a module',
    lie: about('/manifests/', (response) => {
      const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: ZEROS, size: 1 };
      json(response, { config: layer, layers: [layer] });
    }),
    act: findLayer,
    code: 'not-wasm',
  },
  {
    name: 'redirects in a circle',
    lie: about('/blobs/', (response, request) => answer(response, 307, { location: request.url ?? '' })),
    act: getBlob,
    code: 'redirect',
  },
  {
    name: 'a redirect to a file',
    lie: about('/blobs/', (response) => answer(response, 307, { location: 'file:///etc/passwd' })),
    act: getBlob,
    code: 'redirect',
  },
  {
    name: 'a redirect to plain HTTP elsewhere',
    lie: about('/blobs/', (response) => answer(response, 307, { location: 'http://127.0.0.1:1/x' })),
    act: getBlob,
    code: 'redirect',
  },
  {
    name: 'a redirect to nowhere',
    lie: about('/blobs/', (response) => answer(response, 302)),
    act: getBlob,
    code: 'redirect',
  },
  {
    name: '401 for ever',
    lie: (_request, response) => {
      answer(response, 401, { 'www-authenticate': 'Basic realm="x"' });
      return true;
    },
    act: getManifest,
    code: 'unauthorized',
  },
  {
    name: 'a token server that is the registry, asking for tokens',
    lie: (_request, response, { host }) => {
      answer(response, 401, { 'www-authenticate': `Bearer realm="http://${host}/token"` });
      return true;
    },
    act: getManifest,
    code: 'unauthorized',
  },
  {
    name: 'a token server over plain HTTP elsewhere',
    lie: (_request, response) => {
      answer(response, 401, { 'www-authenticate': 'Bearer realm="http://127.0.0.1:1/token"' });
      return true;
    },
    act: getManifest,
    code: 'redirect',
  },
  {
    name: 'a token with a line break',
    lie: (request, response, { host }) => {
      if (request.url?.startsWith('/token')) json(response, { token: 'a\r\nx-evil: 1' });
      else answer(response, 401, { 'www-authenticate': `Bearer realm="http://${host}/token"` });
      return true;
    },
    act: getManifest,
    code: 'protocol',
  },
  {
    name: 'an error that repeats the credentials',
    lie: (request, response) => {
      const message = `${request.headers.authorization} u:pass-w0rd`;
      if (request.headers.authorization === undefined) answer(response, 401, { 'www-authenticate': 'Basic' });
      else answer(response, 403, {}, JSON.stringify({ errors: [{ code: 'DENIED', message }] }));
      return true;
    },
    act: getManifest,
    code: 'denied',
  },
  {
    name: 'an upload that goes on elsewhere',
    lie: about('/uploads/', (response) => answer(response, 202, { location: 'http://127.0.0.1:1/steal' })),
    act: push,
    code: 'protocol',
  },
  {
    name: 'an upload that goes on nowhere',
    lie: about('/uploads/', (response) => answer(response, 202)),
    act: push,
    code: 'protocol',
  },
  {
    name: 'pages of tags in a circle',
    lie: about('/tags/', (response) => {
      answer(response, 200, { link: '</v2/org/policy/tags/list?n=1>; rel="next"' }, '{"tags":["a"]}');
    }),
    act: (client, registry) => Array.fromAsync(client.tags(ref(registry))),
    code: 'protocol',
  },
  {
    name: 'pages of referrers elsewhere',
    lie: about('/referrers/', (response) => {
      const headers = { link: '<http://127.0.0.1:1/x>; rel=next', 'content-type': INDEX };
      answer(response, 200, headers, '{"manifests":[]}');
    }),
    act: (client, registry) => client.referrers(ref(registry), ZEROS),
    code: 'protocol',
  },
  {
    name: 'a body in HTML for tags',
    lie: about('/tags/', (response) => answer(response, 200, {}, '<html>')),
    act: (client, registry) => Array.fromAsync(client.tags(ref(registry))),
    code: 'protocol',
  },
  {
    name: 'too many requests, and to come back in an hour',
    lie: about('/manifests/', (response) => answer(response, 429, { 'retry-after': '3600' })),
    act: getManifest,
    code: 'rate-limited',
  },
  {
    name: 'no service at all',
    lie: about('/manifests/', (response) => answer(response, 503)),
    act: getManifest,
    code: 'unavailable',
  },
  {
    name: 'a connection that breaks each time',
    lie: about('/manifests/', (response) => void response.destroy()),
    act: getManifest,
    code: 'network',
  },
];

describe('a hostile registry', () => {
  for (const { name, lie, act, code } of CASES) {
    test(`${name}: ${code}`, async () => {
      const registry = await startTestRegistry({});
      const client = clientFor(registry, {
        credentials,
        timeouts: { connect: 500, head: 300, idle: 300, grace: 300 },
      });
      const { layer } = addPolicy(registry, 'org/policy', 'v1');
      registry.intercept = (request, response) => lie(request, response, registry);
      const base64 = Buffer.from('u:pass-w0rd').toString('base64');
      try {
        const started = performance.now();
        await assert.rejects(act(client, registry, layer), failsWith(code, 'pass-w0rd', base64));
        assert.ok(performance.now() - started < 5000);
        assert.ok(registry.seen.length < 30, `${registry.seen.length} requests`);
      } finally {
        await client.close();
        await registry.close();
      }
    });
  }

  test('an index of indexes of indexes ends early', async () => {
    const registry = await startTestRegistry();
    const client = clientFor(registry);
    const entry = (digest: string) => ({ mediaType: INDEX, digest, size: 1 });
    let digest = registry.addManifest('org/policy', { manifests: [] }, undefined, INDEX);
    for (let depth = 0; depth < 20; depth++) {
      const twice = { depth, manifests: [entry(digest)] };
      digest = registry.addManifest('org/policy', twice, 'v1', INDEX);
    }
    await assert.rejects(findModuleLayer(client, ref(registry)), failsWith('not-wasm'));
    await assert.rejects(client.copy(ref(registry), imageAt(registry, 'org/to')), failsWith('too-large'));
    assert.ok(registry.seen.length < 40);
    await client.close();
    await registry.close();
  });

  test('credentials stay with the registry when it redirects', async () => {
    const seen: (string | undefined)[] = [];
    const { module, digest, registry, client, close } = await redirecting(seen);
    const ref = imageAt(registry, 'org/policy');
    const { layer } = await findModuleLayer(client, { ...ref, digest });
    assert.deepEqual(await collect(client.blob(ref, layer)), module);
    assert.deepEqual(seen, [undefined]);
    assert.ok(registry.seen.some(({ authorization }) => authorization !== undefined));
    await close();
  });
});

/** A registry with a login whose blobs are on another server. */
async function redirecting(seen: (string | undefined)[]) {
  const registry = await startTestRegistry({ access });
  const { module, digest } = addPolicy(registry, 'org/policy', 'v1');
  const storage = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end(module);
  });
  await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve));
  const address = storage.address();
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  registry.intercept = (request, response) => {
    if (!request.url?.includes('/blobs/') || request.headers.authorization === undefined) return false;
    answer(response, 307, { location: `http://${host}/bucket?signature=x` });
    return true;
  };
  const client = clientFor(registry, { credentials, sources: insecure(registry.host, host) });
  const close = async (): Promise<void> => {
    await client.close();
    await registry.close();
    storage.close();
  };
  return { module, digest, registry, client, close };
}

function pour(response: ServerResponse, bytes: Uint8Array): void {
  const more = (): void => {
    if (!response.destroyed) response.write(bytes, () => setImmediate(more));
  };
  more();
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write('x'), 50);
  response.once('close', () => clearInterval(timer));
}
