import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { annotatedModule, emptyModule, openDesk, type Desk } from '../fixtures.ts';

let desk: Desk;

before(async () => {
  desk = await openDesk();
});
after(() => desk.close());

async function pushed(name: string, module: Uint8Array): Promise<string> {
  const image = `${desk.registry.host}/${name}`;
  const file = await desk.file(`push-${name.replaceAll('/', '-')}.wasm`, module);
  const { code, stderr } = await desk.run('push', file, image, '--force');
  assert.equal(code, 0, stderr);
  return image;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('the local store', () => {
  test('an empty store lists nothing at all', async () => {
    assert.deepEqual(await desk.run('policies'), { code: 0, stdout: '', stderr: '' });
  });

  test('what is pulled is listed by its URI, with its metadata', async () => {
    const image = await pushed('org/listed:v1', annotatedModule(1));
    assert.deepEqual(await desk.run('pull', `registry://${image}`), { code: 0, stdout: '', stderr: '' });
    const { stdout } = await desk.run('policies');
    const digest = sha256(annotatedModule(1)).slice(0, 12);
    assert.match(stdout, new RegExp(`registry://${image} +\\| no +\\| no +\\| ${digest} +\\| \\d+ B`));
    assert.equal((await desk.run('policies', '--quiet')).stdout, `registry://${image}\n`);
  });

  test('a reference without scheme and tag is listed with both', async () => {
    await pushed('org/tagless', emptyModule(2));
    await desk.run('pull', `${desk.registry.host}/org/tagless`);
    const { stdout } = await desk.run('policies');
    assert.match(stdout, new RegExp(`registry://${desk.registry.host}/org/tagless:latest +\\| unknown`));
  });

  test('pull writes to a file, or into a folder, and replaces what is there', async () => {
    const image = await pushed('org/files:v1', emptyModule(3));
    const file = await desk.file('out.wasm', 'old');
    assert.equal((await desk.run('pull', image, '-o', file)).code, 0);
    assert.deepEqual(new Uint8Array(await readFile(file)), emptyModule(3));
    assert.equal((await desk.run('pull', image, '-o', '.')).code, 0);
    assert.deepEqual(new Uint8Array(await readFile(join(desk.folder, 'files:v1'))), emptyModule(3));
    assert.deepEqual(
      (await readdir(desk.folder)).filter((name) => name.includes('.part')),
      [],
    );
  });

  test('rm takes a URI, an image name and the beginning of a SHA-256; what is not there is an error', async () => {
    const images = await Promise.all([10, 11, 12].map((number) => pushed(`rm/p${number}:v1`, emptyModule(number))));
    for (const image of images) await desk.run('pull', image);
    const [byUri = '', byName = ''] = images;
    for (const argument of [`registry://${byUri}`, byName, sha256(emptyModule(12)).slice(0, 16)]) {
      assert.deepEqual(await desk.run('rm', argument), { code: 0, stdout: '', stderr: '' });
    }
    assert.ok(!(await desk.run('policies')).stdout.includes('/rm/'));
    assert.ok(!existsSync(join(desk.folder, '.cache/kubewarden/store/registry', desk.registry.host, 'rm')));
    const { code, stderr } = await desk.run('rm', `registry://${byUri}`);
    assert.equal(code, 1);
    assert.match(stderr, /^ostiary: Cannot find policy with uri: registry:/);
    assert.match((await desk.runAs('kwctl', {}, 'rm', 'deadbeef')).stderr, /^Error: Cannot find policy with uri/);
  });

  test("rm never removes a user's own file", async () => {
    const file = await desk.file('mine.wasm', emptyModule());
    assert.equal((await desk.run('rm', file)).code, 1);
    assert.ok(existsSync(file));
  });

  test('save, rm, load: a round trip, long names included', async () => {
    const long = `save/${'deeply-nested-folder/'.repeat(5)}policy:v1`;
    const images = await Promise.all([pushed('save/a:v1', emptyModule(20)), pushed(long, emptyModule(21))]);
    const urls = images.map((image) => `registry://${image}`);
    for (const url of urls) await desk.run('pull', url);
    assert.equal((await desk.run('save', ...urls, '-o', 'all.tar.gz')).code, 0);
    for (const url of urls) await desk.run('rm', url);
    assert.deepEqual(await desk.run('load', '--input', 'all.tar.gz'), { code: 0, stdout: '', stderr: '' });
    const { stdout } = await desk.run('policies', '-q');
    for (const url of urls) assert.ok(stdout.includes(`${url}\n`));
    const path = join(desk.folder, '.cache/kubewarden/store', `registry/${images[1]}`);
    assert.deepEqual(new Uint8Array(await readFile(path)), emptyModule(21));
  });

  test('what is not stored is not saved, and the next step is named', async () => {
    const { code, stderr } = await desk.run('save', 'registry://example.com/not/here:v1', '-o', 'none.tar.gz');
    assert.equal(code, 1);
    assert.match(stderr, /ostiary pull registry:\/\/example.com\/not\/here:v1 fetches it/);
    assert.ok(!existsSync(join(desk.folder, 'none.tar.gz')));
  });
});

describe('push and digest', () => {
  test('text and JSON name the reference that never changes', async () => {
    const file = await desk.file('annotated.wasm', annotatedModule(30));
    const text = await desk.run('push', file, `registry://${desk.registry.host}/push/p:v1`);
    assert.match(text.stdout, /^Policy successfully pushed: 127\.0\.0\.1:\d+\/push\/p@sha256:[0-9a-f]{64}\n$/);
    assert.match(text.stderr, /^warn: the annotation io.kubewarden.policy.usage has several lines and is left out\n$/);
    const json = await desk.run('push', '-o', 'json', file, `${desk.registry.host}/push/p:v1`);
    const { immutable_ref: reference } = JSON.parse(json.stdout) as { readonly immutable_ref: string };
    assert.ok(text.stdout.includes(reference));
    assert.ok(!json.stdout.endsWith('\n'));
    for (const given of [`registry://${desk.registry.host}/push/p:v1`, `${desk.registry.host}/push/p:v1`]) {
      const { stdout } = await desk.run('digest', given);
      assert.equal(stdout, `${given}@${reference.split('@')[1]}\n`);
    }
  });

  test('the annotations of the manifest are those of the module that have one line', async () => {
    const file = await desk.file('annotated.wasm', annotatedModule(31));
    const { stdout } = await desk.run('push', file, `${desk.registry.host}/push/annotated:v1`, '-o', 'json');
    const digest = /sha256:\w+/.exec(stdout)?.[0] ?? '';
    const { manifests } = desk.registry.repository('push/annotated');
    const { annotations } = JSON.parse(Buffer.from(manifests.get(digest)?.bytes ?? '{}').toString()) as {
      readonly annotations: Readonly<Record<string, string>>;
    };
    assert.deepEqual(annotations, {
      'io.kubewarden.policy.severity': 'high',
      'io.kubewarden.policy.source': 'https://github.com/example/no-latest',
      'io.kubewarden.policy.title': 'no-latest',
      'io.kubewarden.policy.version': '0.1.0',
      'org.opencontainers.image.source': 'https://github.com/example/no-latest',
    });
  });

  test('a policy without metadata needs force, which takes a value or none', async () => {
    const file = await desk.file('plain.wasm', emptyModule(32));
    const to = `${desk.registry.host}/push/plain:v1`;
    const refused = await desk.run('push', file, to);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /not annotated/);
    const lines = [
      ['push', '--force', file, to],
      ['push', '--force', 'true', file, to],
      ['push', file, to, '-f', 'x'],
      ['push', file, '--force', 'true', to],
    ];
    for (const line of lines) {
      const { code, stderr } = await desk.run(...line);
      assert.equal(code, 0, `${line.slice(1, -2).join(' ')}: ${stderr}`);
      assert.match(stderr, /warn: pushing a policy that is not annotated/);
    }
    assert.equal((await desk.run('push', file, to, 'third')).code, 2);
  });

  test('a stored policy is pushed elsewhere by its URI or digest, as air-gapped registries are filled', async () => {
    const image = await pushed('airgap/p:v1', annotatedModule(33));
    await desk.run('pull', image);
    await desk.run('save', `registry://${image}`, '-o', 'airgap.tar.gz');
    const inside = await openDesk();
    try {
      await inside.run('load', '--input', join(desk.folder, 'airgap.tar.gz'));
      const target = `registry://${inside.registry.host}/airgap/p:v1`;
      const { code, stderr } = await inside.run('push', `registry://${image}`, target);
      assert.equal(code, 0, stderr);
      assert.equal((await inside.run('push', sha256(annotatedModule(33)).slice(0, 8), target)).code, 0);
      assert.equal((await inside.run('pull', target)).code, 0);
    } finally {
      await inside.close();
    }
  });

  test('what the registry does not have is an error with exit code 1', async () => {
    for (const command of ['pull', 'digest']) {
      const { code, stdout, stderr } = await desk.run(command, `${desk.registry.host}/no/such:v1`);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /^ostiary: .*no\/such/);
    }
  });
});

describe('web servers', () => {
  test('a module is pulled over HTTP from a host that is listed as insecure, and listed by its URL', async () => {
    desk.registry.intercept = ({ url }, response) => {
      if (url !== '/files/policy.wasm') return false;
      response.end(emptyModule(50));
      return true;
    };
    const url = `http://${desk.registry.host}/files/policy.wasm`;
    const { code, stderr } = await desk.run('pull', url);
    desk.registry.intercept = undefined;
    assert.equal(code, 0, stderr);
    assert.ok((await desk.run('policies', '-q')).stdout.includes(`${url}\n`));
    // An error page is an error, not a module.
    const missing = await desk.run('pull', `http://${desk.registry.host}/files/none.wasm`);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /404|not found|doesn't have/i);
  });

  test('an unknown scheme is wrong, and said so', async () => {
    const { code, stderr } = await desk.run('pull', 'ftp://example.com/policy.wasm');
    assert.equal(code, 1);
    assert.match(stderr, /unknown scheme 'ftp'/);
  });
});

describe('credentials', () => {
  test('the config.json of a folder that a flag names', async () => {
    const closed = await openDesk({ access: { kind: 'basic', username: 'me', password: 'secret' } });
    try {
      const image = `${closed.registry.host}/closed/p:v1`;
      const file = await closed.file('p.wasm', annotatedModule());
      const refused = await closed.run('push', file, image);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /docker login/);
      await mkdir(join(closed.folder, 'docker'));
      const auth = Buffer.from('me:secret').toString('base64');
      await closed.file('docker/config.json', JSON.stringify({ auths: { [closed.registry.host]: { auth } } }));
      for (const line of [
        ['push', file, image],
        ['digest', image],
        ['pull', image],
      ]) {
        const { code, stderr } = await closed.run(...line, '--docker-config-json-path', 'docker');
        assert.equal(code, 0, stderr);
        assert.ok(!stderr.includes('secret'));
      }
    } finally {
      await closed.close();
    }
  });
});

describe('proxies', () => {
  test('HTTP_PROXY gets the requests', async () => {
    const image = await pushed('proxied/q:v1', emptyModule(41));
    const asked: string[] = [];
    const proxy = createServer(({ url = '', method, headers }, response) => {
      asked.push(url);
      request(url, { method, headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      }).end();
    });
    // The first attempt is always HTTPS, which this registry does not speak.
    proxy.on('connect', (_request, socket) => socket.destroy());
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    try {
      const both = { HTTP_PROXY: `http://127.0.0.1:${port}`, HTTPS_PROXY: `http://127.0.0.1:${port}` };
      const { code, stderr } = await desk.runAs('kwctl', both, 'digest', image);
      assert.equal(code, 0, stderr);
      assert.ok(asked.some((url) => url.startsWith(`http://${desk.registry.host}/v2/`)));
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  test('HTTP_PROXY is used for an insecure registry, and NO_PROXY goes around it', async () => {
    const image = await pushed('proxied/p:v1', emptyModule(40));
    const dead = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };
    assert.equal((await desk.runAs('kwctl', dead, 'digest', image)).code, 1);
    const { code, stderr } = await desk.runAs('kwctl', { ...dead, NO_PROXY: '127.0.0.1' }, 'digest', image);
    assert.equal(code, 0, stderr);
  });
});
