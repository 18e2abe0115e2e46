import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createAuthority, issueCertificate, type Authority } from '@ostiary/pki';
import { sendHttps } from '../http.ts';
import { MODULE, NAMESPACE, startStack, type Stack } from './stack.ts';

const GROUP = 'policies.kubewarden.io/v1';
const VALIDITY = { validForDays: 1, now: new Date() };
const RULES = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }];

let dir = '';
let stack: Stack;

/** An API server that shows a certificate to every webhook, and a stack whose parts ask for one. */
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostiary-mtls-'));
  const authority = createAuthority({ commonName: 'api-server-clients', ...VALIDITY });
  stack = await startStack({ flags: [`--admission-control-config-file=${await admissionConfig(authority)}`] });
  await stack.kubectl(['apply', '-f', '-'], {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'client-ca', namespace: NAMESPACE },
    data: { 'client-ca.crt': authority.certificatePem },
  });
  await stack.startController(['--client-ca-configmap-name=client-ca', '--policy-id-scheme=legacy']);
  await stack.kubectl(['apply', '-f', '-'], {
    apiVersion: GROUP,
    kind: 'PolicyServer',
    metadata: { name: 'default' },
    spec: { image: 'ghcr.io/ostiary/ostiary:v1', replicas: 1 },
  });
  for (const [kind, namespace] of [
    ['ClusterAdmissionPolicy', undefined],
    ['AdmissionPolicy', 'shop'],
  ] as const) {
    await stack.kubectl(['apply', '-f', '-'], {
      apiVersion: GROUP,
      kind,
      metadata: { name: 'p', ...(namespace === undefined ? {} : { namespace }) },
      spec: { module: MODULE, mutating: false, rules: RULES, settings: { denied_annotations: [`bad-${kind}`] } },
    });
  }
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=60s', 'cap/p']);
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=60s', 'ap/p', '-n', 'shop']);
});

after(async () => {
  await stack?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function admissionConfig(authority: Authority): Promise<string> {
  const client = issueCertificate(authority, { commonName: 'kube-apiserver', usages: ['client'], ...VALIDITY });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const kubeConfigFile = join(dir, 'webhooks.kubeconfig');
  const user = {
    'client-certificate-data': base64(client.certificatePem),
    'client-key-data': base64(client.privateKeyPem),
  };
  await writeFile(
    kubeConfigFile,
    JSON.stringify({ apiVersion: 'v1', kind: 'Config', users: [{ name: `*.${NAMESPACE}.svc`, user }] }),
  );
  const path = join(dir, 'admission.json');
  const configuration = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'WebhookAdmissionConfiguration',
    kubeConfigFile,
  };
  await writeFile(
    path,
    JSON.stringify({
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AdmissionConfiguration',
      plugins: ['ValidatingAdmissionWebhook', 'MutatingAdmissionWebhook'].map((name) => ({ name, configuration })),
    }),
  );
  return path;
}

test('an API server with a certificate is answered', async () => {
  for (const kind of ['ClusterAdmissionPolicy', 'AdmissionPolicy']) {
    const denied = await stack.eventually('a refusal', async () => {
      const { code, text } = await stack.tryKubectl(['create', '-f', '-'], {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `e-${kind.toLowerCase()}`, namespace: 'shop', annotations: { [`bad-${kind}`]: 'x' } },
      });
      return code === 0 ? undefined : text;
    });
    assert.match(denied, new RegExp(`not allowed: bad-${kind}`));
  }
});

test('nobody else is, but the audit', async () => {
  const { spec } = await stack.find(`/api/v1/namespaces/${NAMESPACE}/services/policy-server-default`);
  const secret = async (name: string, key: string): Promise<string> => {
    const { data } = await stack.find(`/api/v1/namespaces/${NAMESPACE}/secrets/${name}`);
    return Buffer.from(data[key], 'base64').toString();
  };
  const ca = await secret('kubewarden-ca', 'ca.crt');
  const send = (client: { readonly cert?: string; readonly key?: string }) =>
    sendHttps({
      url: `https://${spec.clusterIP}/audit/clusterwide-p`,
      servername: `policy-server-default.${NAMESPACE}.svc`,
      method: 'POST',
      ca,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        request: {
          uid: 'u',
          kind: { group: '', version: 'v1', kind: 'ConfigMap' },
          resource: { group: '', version: 'v1', resource: 'configmaps' },
          name: 'c',
          namespace: 'shop',
          operation: 'CREATE',
          userInfo: {},
          object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } },
        },
      }),
      ...client,
    });
  await assert.rejects(send({}));
  const stranger = issueCertificate(createAuthority({ commonName: 'stranger', ...VALIDITY }), {
    commonName: 'kube-apiserver',
    usages: ['client'],
    ...VALIDITY,
  });
  await assert.rejects(send({ cert: stranger.certificatePem, key: stranger.privateKeyPem }));
  const audit = 'kubewarden-audit-scanner-client-cert';
  const { status, body } = await send({ cert: await secret(audit, 'tls.crt'), key: await secret(audit, 'tls.key') });
  assert.equal(status, 200, body);
  assert.equal(JSON.parse(body).response.allowed, true);
});

test('IDs are those of before where they are asked for', async () => {
  for (const [id, path] of [
    ['clusterwide-p', '/validate/clusterwide-p'],
    ['namespaced-shop-p', '/validate/namespaced-shop-p'],
  ] as const) {
    const found = await stack.find(`/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${id}`);
    assert.equal(found?.webhooks[0].clientConfig.service.path, path);
    assert.equal(found.webhooks[0].name, `${id}.kubewarden.admission`);
  }
  await stack.kubectl(['delete', 'cap', 'p', '--timeout=20s']);
  await stack.kubectl(['delete', 'ap', 'p', '-n', 'shop', '--timeout=20s']);
});
