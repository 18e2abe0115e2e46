import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { constantPolicy } from '@ostiary/conformance/node';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import { logTail, startDaemon, waitFor, type Daemon } from '../daemon.ts';
import { connect } from '../policies/client.ts';
import { freePorts } from '../ports.ts';
import { dockerfile, missingLibraries, writeImage } from './image.ts';

/** Mounts the folder read-only as the root of a user without rights, as a kubelet does for the controller's pods. */
const CONTAINER = `
set -e
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount -t tmpfs -o mode=1777 tmpfs "$0/tmp"
mount -o remount,bind,ro "$0"
root="$0"
exec chroot --userspec=65533:65533 "$root" "$@"`;

const MAY_MOUNT =
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

test('the Dockerfile brings along the libraries that Node needs and its base image lacks', () => {
  const lines = dockerfile();
  assert.ok(lines.includes('FROM gcr.io/distroless/cc-debian12:nonroot'), 'the libraries of another base are others');
  assert.ok(lines.includes('USER 65533:65533') && lines.includes('ENV HOME=/tmp'));
  for (const path of missingLibraries()) {
    const [name = ''] = basename(path).split('.so');
    assert.ok(
      lines.some((line) => line.startsWith('RUN') && line.includes(name)),
      `${name} is not copied`,
    );
  }
});

describe('what the image holds', { skip: MAY_MOUNT ? false : 'only root may mount' }, () => {
  let folder = '';
  let root = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ostiary-image-'));
    root = join(folder, 'root');
    writeImage(root, join(folder, 'bundle'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const inside = (...command: readonly string[]): string =>
    execFileSync('unshare', ['--mount', 'sh', '-c', CONTAINER, root, ...command], {
      encoding: 'utf8',
      env: { HOME: '/tmp' },
      timeout: 30_000,
    });

  test('the commands start, without a shell, without rights, on a read-only root', () => {
    assert.match(inside('/ostiary', '--version'), /^\d+\.\d+\.\d+\n$/);
    assert.match(inside('/kwctl', 'info'), /^kwctl version/);
  });

  test('the policy server serves what the controller gives it', async () => {
    const now = new Date();
    const authority = createAuthority({ commonName: 'image', validForDays: 1, now });
    const usages = ['server'] as const;
    const leaf = issueCertificate(authority, {
      commonName: 'p',
      ipAddresses: ['127.0.0.1'],
      usages,
      validForDays: 1,
      now,
    });
    await writeFile(join(root, 'pki/policy-server-cert'), leaf.certificatePem);
    await writeFile(join(root, 'pki/policy-server-key'), leaf.privateKeyPem, { mode: 0o644 });
    await writeFile(join(root, 'config/no.wasm'), constantPolicy({ answer: '{"accepted":false,"message":"no"}' }));
    await writeFile(
      join(root, 'config/policies.yml'),
      JSON.stringify({ 'clusterwide-no': { module: 'file:///config/no.wasm' } }),
    );
    const [port = 0, probePort = 0] = await freePorts(2);
    const server: Daemon = await startDaemon({
      name: 'image',
      command: 'unshare',
      args: ['--mount', 'sh', '-c', CONTAINER, root, '/policy-server'],
      dir: folder,
      env: {
        HOME: '/tmp',
        KUBEWARDEN_BIND_ADDRESS: '127.0.0.1',
        KUBEWARDEN_CERT_FILE: '/pki/policy-server-cert',
        KUBEWARDEN_KEY_FILE: '/pki/policy-server-key',
        KUBEWARDEN_PORT: String(port),
        KUBEWARDEN_READINESS_PROBE_PORT: String(probePort),
        KUBEWARDEN_POLICIES_DOWNLOAD_DIR: '/tmp',
        KUBEWARDEN_POLICIES: '/config/policies.yml',
        KUBEWARDEN_SIGSTORE_CACHE_DIR: '/tmp/sigstore-data',
      },
    });
    try {
      await waitFor(server, {
        what: 'the policy server of the image to be ready',
        probe: async () => (await fetch(`http://127.0.0.1:${probePort}/readiness`)).ok,
        timeoutMs: 60_000,
      });
      const client = connect({ url: `https://127.0.0.1:${port}`, caPem: authority.certificatePem });
      const answer = await client.ask('/validate/clusterwide-no');
      assert.deepEqual([answer.status, answer.allowed, answer.message], [200, false, 'no'], logTail(server));
      client.close();
    } finally {
      await server.stop('SIGTERM');
    }
    assert.match(await server.ended, /exit code 0/, logTail(server));
  });
});
