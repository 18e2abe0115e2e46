import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
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
    const stranger = { url: `${gates.ostiary.url}/authn`, method: 'POST', ca: gates.caPem, body: '{}' };
    await assert.rejects(sendHttps(stranger), /certificate required|socket hang up|ECONNRESET/);
    const { authority, admin } = gates.cluster.credentials;
    assert.ok(authority.certificatePem !== gates.caPem);
    const other = { ...stranger, cert: admin.certificatePem, key: admin.privateKeyPem };
    await assert.rejects(sendHttps(other), /alert|socket hang up|ECONNRESET/);
  });
});
