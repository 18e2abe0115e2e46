import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  createOciClient,
  lazyTrustRoot,
  NO_SOURCES,
  verifyImage,
  type RegistryReference,
  type SignatureConstraint,
} from '@ostiary/registry';
import { ensureCosign, pushPolicy, runCosign, startPeerRegistry, type PeerRegistry } from './peer.ts';
import { identityToken, startSigstore, type PrivateSigstore } from './sigstore.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const SUBJECT = 'https://github.com/acme/policies/.github/workflows/release.yml@refs/heads/main';

let cosign: string;
let directory: string;
let registry: PeerRegistry;
let sigstore: PrivateSigstore;

before(async () => {
  cosign = await ensureCosign();
  directory = await mkdtemp(join(tmpdir(), 'ostiary-keyless-'));
  registry = await startPeerRegistry(cosign, true);
  sigstore = await startSigstore();
  await writeFile(join(directory, 'root.json'), JSON.stringify(sigstore.trustedRoot));
  await writeFile(join(directory, 'signing.json'), JSON.stringify(sigstore.signingConfig));
});
after(async () => {
  registry.stop();
  sigstore.stop();
  await rm(directory, { recursive: true, force: true });
});

for (const format of ['bundle', 'tag'] as const) {
  test(`${format}: signed by a GitHub workflow at a private Sigstore`, async () => {
    const repository = `keyless-${format}`;
    const digest = await pushPolicy(registry.host, repository);
    const token = identityToken(SUBJECT, { iss: ISSUER, repository: 'acme/policies' });
    const services =
      format === 'bundle'
        ? ['--signing-config', 'signing.json', '--trusted-root', 'root.json']
        : ['--new-bundle-format=false', '--use-signing-config=false', '--trusted-root', 'root.json'].concat(
            `--fulcio-url=${sigstore.url}`,
            `--rekor-url=${sigstore.url}`,
          );
    const flags = ['--identity-token', token, '--allow-http-registry', '-y'];
    await runCosign(cosign, directory, ['sign', ...services, ...flags, `${registry.host}/${repository}@${digest}`]);

    const client = createOciClient({ sources: { ...NO_SOURCES, insecure: new Set([registry.host]) } });
    const ref: RegistryReference = { kind: 'registry', registry: registry.host, repository, tag: 'v1' };
    const trustRoot = lazyTrustRoot({ kind: 'file', path: join(directory, 'root.json') });
    const verify = async (constraint: SignatureConstraint) =>
      verifyImage(ref, { apiVersion: 'v1', allOf: [constraint] }, { client, trustRoot });
    try {
      const byOwner = { kind: 'githubAction', owner: 'acme', repo: 'policies' } as const;
      const verified = await verify(byOwner);
      assert.equal(verified.digest, digest);
      assert.match(verified.satisfied[0]?.signature ?? '', format === 'tag' ? /^signature 1/ : /^bundle 1/);
      assert.equal(
        (await verify({ kind: 'genericIssuer', issuer: ISSUER, subject: { equal: SUBJECT } })).digest,
        digest,
      );
      await assert.rejects(verify({ ...byOwner, owner: 'evil' }), /GitHub repository is acme\/policies/);
    } finally {
      await client.close();
    }
  });
}
