import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ANONYMOUS, createOciClient, parseRegistryReference, parseSources, pushModule } from '@ostiary/registry';
import { sendHttps } from '../http.ts';
import { ROOT } from '../ostiary.ts';
import { ensurePeers, startPeer, type PeerRegistry } from '../registry/peers.ts';
import { MODULE, NAMESPACE, startStack, type Loose, type Stack } from './stack.ts';

const OSTIARY = 'ostiary.dev/v1alpha1';
const AUTHORIZER = join(ROOT, 'examples', 'magic-authorizer', 'build', 'magic-authorizer.wasm');

let stack: Stack;
let registry: PeerRegistry;

before(async () => {
  registry = await startPeer(await ensurePeers(), ['ggcr']);
  const client = createOciClient({
    sources: await parseSources(JSON.stringify({ insecure_sources: [registry.host] })),
    credentials: ANONYMOUS,
  });
  await pushModule(await readFile(AUTHORIZER), parseRegistryReference(`${registry.host}/authorizer:v1`), {
    client,
    annotations: {},
  });
  await client.close();
  stack = await startStack();
  await stack.startController();
  await stack.kubectl(['apply', '-f', '-'], {
    apiVersion: 'policies.kubewarden.io/v1',
    kind: 'PolicyServer',
    metadata: { name: 'default' },
    spec: { image: 'ghcr.io/ostiary/ostiary:v1', replicas: 1, insecureSources: [registry.host] },
  });
});

after(async () => {
  await stack?.stop();
  await registry?.stop();
});

async function put(name: string, module: string, more: object = {}): Promise<void> {
  await stack.kubectl(['apply', '-f', '-'], {
    apiVersion: OSTIARY,
    kind: 'AuthorizationModule',
    metadata: { name },
    spec: { module, ...more },
  });
}

async function condition(name: string, state: string): Promise<string> {
  return stack.eventually(`${name} to be ${state}`, async () => {
    const found = await stack.find(`/apis/${OSTIARY}/authorizationmodules/${name}`);
    return found?.status?.state === state && found.status.observedGeneration === found.metadata.generation
      ? found.status.conditions[0].message
      : undefined;
  });
}

/** What the gate says of a member of the magic group, or of somebody else. */
async function ask(groups: readonly string[]): Promise<Loose> {
  const { spec } = await stack.find(`/api/v1/namespaces/${NAMESPACE}/services/policy-server-default`);
  const { data } = await stack.find(`/api/v1/namespaces/${NAMESPACE}/secrets/kubewarden-ca`);
  return stack.eventually('an answer', async () => {
    const answer = await sendHttps({
      url: `https://${spec.clusterIP}/authz`,
      servername: `policy-server-default.${NAMESPACE}.svc`,
      method: 'POST',
      ca: Buffer.from(data['ca.crt'], 'base64').toString(),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: 'u',
          groups,
          resourceAttributes: { verb: 'get', version: 'v1', resource: 'configmaps', namespace: 'shop' },
        },
      }),
    }).catch(() => undefined);
    return answer?.status === 200 ? JSON.parse(answer.body).status : undefined;
  });
}

test('a module comes from a registry to the gate, and decides', async () => {
  await put('magic', `${registry.host}/authorizer:v1`);
  assert.match(await condition('magic', 'active'), /1 of 1 ready pods/);
  assert.equal((await ask(['magic-group'])).allowed, true);
  assert.equal((await ask(['others'])).allowed, false);
});

test('a broken one hurts only itself: policies and the other modules go on and can change', async () => {
  await put('broken', `registry://${registry.host}/nothing:v1`, { order: -1, failurePolicy: 'Deny' });
  assert.match(await condition('broken', 'failed'), /broken.*can't be fetched/);
  assert.equal((await ask(['magic-group'])).allowed, true, 'it stays out of a gate that serves');
  await stack.kubectl(['apply', '-f', '-'], {
    apiVersion: 'policies.kubewarden.io/v1',
    kind: 'AdmissionPolicy',
    metadata: { name: 'p', namespace: 'shop' },
    spec: {
      module: MODULE,
      mutating: false,
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      settings: { denied_annotations: ['bad'] },
    },
  });
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=60s', 'ap/p', '-n', 'shop']);
  await put('more', `file://${AUTHORIZER}`, { order: 5 });
  await condition('more', 'active');
});

test('a new version that can not be loaded leaves the old one at work, and says why', async () => {
  await put('magic', '/nowhere.wasm');
  assert.match(await condition('magic', 'failed'), /no such file/i);
  await stack.kubectl(['delete', 'authzmod', 'more', 'broken', '--timeout=20s']);
  assert.equal((await ask(['magic-group'])).allowed, true);
  await put('magic', `registry://${registry.host}/authorizer:v1`);
  await condition('magic', 'active');
});

test('what can not be meant is refused before it is stored', async () => {
  for (const [kind, spec, said] of [
    ['AuthorizationModule', { module: 'oci://r.example/m' }, /use registry:\/\//],
    ['AuthenticationModule', { module: 'r.example/m:a:b' }, /spec\.module: Invalid value/],
    ['AuthenticationModule', { module: './m.wasm' }, /a path must be absolute/],
    ['AuthenticationModule', { module: 'm', settings: [] }, /spec\.settings/],
    ['AuthenticationModule', { module: 'm', order: 3_000_000_000 }, /spec\.order/],
  ] as const) {
    const { code, text } = await stack.tryKubectl(['apply', '-f', '-'], {
      apiVersion: OSTIARY,
      kind,
      metadata: { name: 'x' },
      spec,
    });
    assert.notEqual(code, 0);
    assert.match(text, said);
  }
});
