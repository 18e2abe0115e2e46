import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { MODULES } from './policies.ts';
import { startPolicyRegistry, type PolicyRegistry } from './registry.ts';
import { review, verdictOf } from './requests.ts';
import { askAt, differing, SKIPPED, start, startsHere, type Started } from './server.ts';

const YES = MODULES['yes'] ?? new Uint8Array();

suite('where modules come from, and who vouches for them (§3)', { skip: SKIPPED || startsHere }, () => {
  let registry: PolicyRegistry;
  let web: Server;
  let webUrl: string;
  let folder: string;
  let found: Verdicts = new Map();
  const asked: string[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ostiary-fetching-'));
    registry = await startPolicyRegistry();
    registry.signManifest('signed', registry.push('signed', 'v1', YES));
    registry.push('unsigned', 'v1', YES);
    registry.push('odd', 'v1', YES, 'application/vnd.oci.image.layer.v1.tar');
    web = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/yes.wasm') response.end(YES);
      else if (request.url === '/page.wasm') response.end('<!doctype html>');
      else response.writeHead(404).end('not here');
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    writeFileSync(
      join(folder, 'sources.yml'),
      JSON.stringify({ insecure_sources: [registry.host, new URL(webUrl).host] }),
    );
    writeFileSync(
      join(folder, 'verification.yml'),
      JSON.stringify({ apiVersion: 'v1', allOf: [{ kind: 'pubKey', key: registry.publicKey }] }),
    );
    found = await verdicts({
      file: { module: 'file://FOLDER/yes.wasm' },
      web: { module: `${webUrl}/yes.wasm` },
      again: { module: `${webUrl}/yes.wasm` },
      registry: { module: `registry://${registry.host}/unsigned:v1` },
      bare: { module: `${registry.host}/unsigned:v1` },
      group: {
        expression: 'a() && b()',
        message: 'm',
        policies: { a: { module: `${webUrl}/yes.wasm` }, b: { module: `registry://${registry.host}/unsigned:v1` } },
      },
      gone: { module: 'file://FOLDER/gone.wasm' },
      untagged: { module: `registry://${registry.host}/unsigned:v2` },
      layerless: { module: `registry://${registry.host}/odd:v1` },
      'broken-group': {
        expression: 'm()',
        message: 'm',
        policies: { m: { module: `registry://${registry.host}/none:v1` } },
      },
      text: { module: 'file://FOLDER/text.wasm' },
      page: { module: `${webUrl}/page.wasm` },
      missing: { module: `${webUrl}/missing.wasm` },
    });
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    web.close();
    await registry.close();
  });

  /** The text of a rejection by the server itself. */
  function failureOf(id: string, verdictsOf = found): string {
    const { allowed, status } = verdictsOf.get(id) ?? { allowed: true };
    assert.deepEqual([allowed, status?.code], [false, 500], id);
    return status?.message ?? '';
  }

  /** A server of these policies, told of the registry; the verdicts by id. */
  async function verdicts(policies: Readonly<Record<string, object>>, env: NodeJS.ProcessEnv = {}): Promise<Verdicts> {
    const server: Started = await start({
      policies: (own) => {
        writeFileSync(join(own, 'yes.wasm'), YES);
        writeFileSync(join(own, 'text.wasm'), 'no module');
        return JSON.stringify(policies).replaceAll('FOLDER', own);
      },
      env: { KUBEWARDEN_SOURCES_PATH: join(folder, 'sources.yml'), ...env },
    });
    try {
      const ids = Object.keys(policies);
      const found = await Promise.all(ids.map((id) => askAt(server.url)(`/validate/${id}`, review())));
      return new Map(ids.map((id, index) => [id, verdictOf(found[index]!) as Verdict]));
    } finally {
      await server.stop();
    }
  }

  test('files, web servers and registries; each URL is asked for once', () => {
    for (const id of ['file', 'web', 'again', 'registry', 'bare', 'group']) {
      assert.deepEqual(found.get(id), { allowed: true }, id);
    }
    assert.equal(asked.filter((url) => url === '/yes.wasm').length, 1);
  });

  test('what can’t be fetched answers with its name, its URL and the cause', () => {
    const shown = { gone: 'gone', untagged: 'untagged', layerless: 'layerless', 'broken-group': 'broken-group/#m' };
    for (const [id, name] of Object.entries(shown)) {
      const message = failureOf(id);
      assert.ok(message.includes(`Error while downloading policy '${name}' from `), message);
    }
  });

  test('what is no module is told so', () => {
    for (const id of ['text', 'page']) assert.match(failureOf(id), /^bootstrap failure: .*(?:wasm|WebAssembly)/i);
  });

  test(differing('http-status', 'an error page is told by its status'), () => {
    assert.match(failureOf('missing'), /Error while downloading policy 'missing' from .*: .*404/);
  });

  test('with verification, only what is signed is run', async () => {
    const env = { KUBEWARDEN_VERIFICATION_CONFIG_PATH: join(folder, 'verification.yml') };
    const verified = await verdicts(
      {
        signed: { module: `registry://${registry.host}/signed:v1` },
        unsigned: { module: `registry://${registry.host}/unsigned:v1` },
        file: { module: 'file://FOLDER/yes.wasm' },
        web: { module: `${webUrl}/yes.wasm` },
      },
      env,
    );
    assert.deepEqual(verified.get('signed'), { allowed: true });
    for (const id of ['unsigned', 'file', 'web']) {
      const message = failureOf(id, verified);
      assert.ok(message.includes(`Policy '${id}' cannot be verified: Image verification failed: `), message);
    }
    assert.match(failureOf('unsigned', verified), /Image verification failed: missing signatures/);
  });

  test(differing('verification-closed', 'a verification file that can’t be used ends the start'), async () => {
    const rows: [text: string, says: RegExp][] = [
      ['apiVersion: v2\nallOf: []\n', /Not a supported configuration version: /],
      ['apiVersion: v1\n', /Not a valid configuration file:/],
      ['apiVersion: v1\nallOf: []\nodd: 1\n', /Not a valid configuration file:/],
      ['{', /Not a valid configuration file:/],
    ];
    for (const [text, says] of rows) {
      const file = join(folder, 'broken.yml');
      writeFileSync(file, text);
      const policies = { yes: { module: 'file://FOLDER/yes.wasm' } };
      await assert.rejects(verdicts(policies, { KUBEWARDEN_VERIFICATION_CONFIG_PATH: file }), says, text);
    }
  });
});

type Verdicts = ReadonlyMap<string, Verdict>;

interface Verdict {
  readonly allowed: boolean;
  readonly status?: { readonly message: string; readonly code: number };
}
