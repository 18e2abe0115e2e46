import assert from 'node:assert/strict';
import { request } from 'node:https';
import { test, type TestContext } from 'node:test';
import { issueLeaf, makeAuthority } from '../certificates/key-pair.ts';
import type { Loose } from '../testing/harness.ts';
import { answerReview, type ReviewContext } from './review.ts';
import { startWebhookServer, type WebhookServer } from './server.ts';

const CONTEXT: ReviewContext = {
  policy: { isNamespaced: () => undefined },
  policyServer: { secretType: () => undefined, configMapKeys: () => undefined },
};

function review(object: unknown, oldObject?: unknown): unknown {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: { uid: 'u', object, oldObject } };
}

const RULE = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
const POLICY = {
  metadata: { name: 'p' },
  spec: { module: 'm', rules: [RULE], mutating: false, policyServer: 'default' },
};
const PATH = '/validate-policies-kubewarden-io-v1-clusteradmissionpolicy';

function responseOf(path: string, body: unknown): Loose {
  const answer = answerReview(path, body, CONTEXT);
  assert.equal(answer.status, 200);
  return (answer as Loose).body.response;
}

test('what is right is allowed, what is wrong is refused with every reason', () => {
  assert.deepEqual(responseOf(PATH, review(POLICY)), { uid: 'u', allowed: true });
  const wrong = responseOf(PATH, review({ ...POLICY, spec: { ...POLICY.spec, rules: [], module: '' } }));
  assert.equal(wrong.allowed, false);
  assert.equal(wrong.status.code, 422);
  assert.deepEqual(
    wrong.status.details.causes.map(({ field }: Loose) => field),
    ['spec.rules', 'spec.module'],
  );
});

test('modules of gates are judged as well', () => {
  for (const kind of ['authenticationmodule', 'authorizationmodule']) {
    const path = `/validate-ostiary-dev-v1alpha1-${kind}`;
    const module = { metadata: { name: 'm' }, spec: { module: 'r.example/m:v1' } };
    assert.deepEqual(responseOf(path, review(module)), { uid: 'u', allowed: true });
    const wrong = responseOf(path, review({ ...module, spec: { module: 'ftp://m', order: 'first' } }));
    assert.deepEqual(
      wrong.status.details.causes.map(({ field }: Loose) => field),
      ['spec.module', 'spec.order'],
    );
  }
});

test('what is left out is filled in', () => {
  const path = '/mutate-policies-kubewarden-io-v1-admissionpolicygroup';
  const { patch } = responseOf(path, review({ metadata: { name: 'g' }, spec: {} }));
  assert.deepEqual(JSON.parse(Buffer.from(patch, 'base64').toString()), [
    { op: 'add', path: '/spec/policyServer', value: 'default' },
  ]);
  assert.equal(responseOf(path, review(POLICY)).patch, undefined);
});

test('what is no review is no answer', () => {
  for (const body of [
    undefined,
    null,
    1,
    [],
    {},
    { request: {} },
    { request: { uid: 'u' } },
    { request: { uid: 1, object: {} } },
  ]) {
    assert.equal(answerReview(PATH, body, CONTEXT).status, 400);
  }
  assert.equal(answerReview('/validate-other', review(POLICY), CONTEXT).status, 404);
});

const NOW = new Date();
const authority = makeAuthority(NOW);
const leaf = (dnsName: string): ReturnType<typeof issueLeaf> => issueLeaf(authority, { kind: 'server', dnsName }, NOW);

async function started(t: TestContext, clientCa?: string): Promise<WebhookServer> {
  const server = await startWebhookServer({
    port: 0,
    host: '127.0.0.1',
    certificate: leaf('hooks.test'),
    clientCa,
    answer: (path, body) => answerReview(path, body, CONTEXT),
    log: () => {},
  });
  t.after(() => server.stop());
  return server;
}

function post(
  { port }: WebhookServer,
  body: string,
  options: { readonly servername?: string; readonly cert?: string; readonly key?: string } = {},
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path: PATH,
        method: 'POST',
        ca: authority.certificatePem,
        servername: 'hooks.test',
        agent: false,
        ...options,
      },
      (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

test('over HTTPS: answers, refuses what is too much, and changes its certificate', async (t) => {
  const server = await started(t);
  assert.equal((await post(server, JSON.stringify(review(POLICY)))).status, 200);
  assert.equal((await post(server, '{')).status, 400);
  const much = await post(server, 'x'.repeat(8 * 1024 * 1024)).catch(() => ({ status: 413 }));
  assert.equal(much.status, 413);
  server.replaceCertificate(leaf('other.test'));
  await assert.rejects(post(server, '{}'), /altnames/);
  assert.equal((await post(server, '{}', { servername: 'other.test' })).status, 400);
});

test('asks for a certificate where one is wanted', async (t) => {
  const server = await started(t, authority.certificatePem);
  await assert.rejects(post(server, JSON.stringify(review(POLICY))));
  const { certificatePem: cert, privateKeyPem: key } = issueLeaf(authority, { kind: 'client', commonName: 'api' }, NOW);
  assert.equal((await post(server, JSON.stringify(review(POLICY)), { cert, key })).status, 200);
});
