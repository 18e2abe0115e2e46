import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { KeyedCertificate } from '@ostiary/pki';
import { questions, startGates, type Gates, type Questions } from './gates.ts';
import { sendHttps } from './http.ts';

suite('Ostiary that asks its clients for a certificate', () => {
  let gates: Gates;
  let ask: Questions;

  before(async () => {
    gates = await startGates({ mutualTls: true });
    ask = questions(gates.cluster);
  });
  after(() => gates?.stop());

  test('answers the API server at every gate', async () => {
    assert.equal(await ask.statusOfList(), 200);
    assert.equal(await ask.statusOfList('secrets'), 403);
    assert.equal(await ask.statusOfForbidden(), 403);
    const { status, body } = await ask.create({ a: 'b' });
    assert.equal(status, 201);
    assert.deepEqual(JSON.parse(body).data, { a: 'b', 'magic-value': 'foobar' });
  });

  test('answers nobody else', async () => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: 'magic-token' } };
    const headers = { 'content-type': 'application/json' };
    const send = (who?: KeyedCertificate) =>
      sendHttps({
        url: `${gates.ostiary.url}/authn`,
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        ca: gates.caPem,
        ...(who && { cert: who.certificatePem, key: who.privateKeyPem }),
      });
    assert.equal((await send(gates.client)).status, 200);
    // The refusal reaches the client as an alert, or as the end of the connection if that arrives first.
    const refusal = /alert|socket hang up|ECONNRESET|EPIPE/;
    await assert.rejects(send(), refusal);
    await assert.rejects(send(gates.cluster.credentials.admin), refusal);
  });
});
