import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CredentialFiles } from './credentials.ts';
import { apiServerFlags, type ApiServerOptions } from './flags.ts';

const files: CredentialFiles = {
  ca: 'ca',
  caKey: 'ca-key',
  serverCert: 'server',
  serverKey: 'server-key',
  proxyClientCert: 'proxy',
  proxyClientKey: 'proxy-key',
  serviceAccountKey: 'sa',
  serviceAccountPublicKey: 'sa-pub',
  adminKubeconfig: 'admin',
  anonymousKubeconfig: 'anonymous',
  controllerManagerKubeconfig: 'kcm',
};

function flagsOf(options: ApiServerOptions): string[] {
  return apiServerFlags(files, { etcdClient: 1, etcdPeer: 2, apiServer: 3 }, options);
}

const matching = (flags: string[], part: string) => flags.filter((flag) => flag.includes(part));

test('without options RBAC decides and no webhook is asked', () => {
  const flags = flagsOf({});
  assert.deepEqual(matching(flags, '--authorization'), ['--authorization-mode=RBAC']);
  assert.deepEqual(matching(flags, 'webhook'), []);
  assert.deepEqual(matching(flags, '--feature-gates'), []);
});

test('an authorization configuration replaces the mode, however it is given', () => {
  for (const options of [{ authorizationConfig: '/a' }, { flags: ['--authorization-config=/a'] }]) {
    assert.deepEqual(matching(flagsOf(options), '--authorization'), ['--authorization-config=/a']);
  }
});

test('a flag that is given replaces the own one, since list flags would add up', () => {
  const flags = flagsOf({
    tokenWebhookConfig: '/t',
    flags: ['--authorization-mode=RBAC,Webhook', '--secure-port=4', '--authentication-token-webhook-cache-ttl=1s'],
  });
  assert.deepEqual(matching(flags, '--authorization-mode'), ['--authorization-mode=RBAC,Webhook']);
  assert.deepEqual(matching(flags, '--secure-port'), ['--secure-port=4']);
  assert.deepEqual(matching(flags, 'cache-ttl'), ['--authentication-token-webhook-cache-ttl=1s']);
});

test('an admission configuration brings its feature gate', () => {
  const flags = flagsOf({ admissionConfig: '/c' });
  assert.deepEqual(matching(flags, '--admission'), ['--admission-control-config-file=/c']);
  assert.equal(matching(flags, 'ManifestBasedAdmissionControlConfig=true').length, 1);
});
