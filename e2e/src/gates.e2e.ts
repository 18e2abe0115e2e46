import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, afterEach, before, suite, test } from 'node:test';
import type { Cluster } from './cluster.ts';
import { questions, startGates, type Gates, type Questions } from './gates.ts';

const NO_MODULES = 'modules: []\n';
/** The promise of hot reload: an edit decides within two seconds. */
const RELOAD_MS = 2000;
/** The API server's webhook clients reconnect at the next request; some retry with a pause of half a second first. */
const HEAL_MS = 5000;

/** Polls until the probe gives the expected value, and fails if that takes longer than `limitMs`. */
async function becomes<T>(expected: T, limitMs: number, probe: () => Promise<T>): Promise<number> {
  const started = performance.now();
  for (;;) {
    const found = await probe();
    const elapsed = Math.round(performance.now() - started);
    if (elapsed > limitMs) assert.fail(`expected ${String(expected)} within ${limitMs} ms, found ${String(found)}`);
    if (found === expected) return elapsed;
    await sleep(50);
  }
}

suite('Ostiary at the gates of a stock API server', () => {
  let gates: Gates;
  let cluster: Cluster;
  let ask: Questions;

  before(async () => {
    gates = await startGates();
    cluster = gates.cluster;
    ask = questions(cluster);
  });
  after(() => gates?.stop());
  afterEach((t) => {
    if ('passed' in t && !t.passed) t.diagnostic(`${gates.ostiary.logTail()}\n${cluster.logTail()}`);
  });

  async function admissionDecides(name: string): Promise<void> {
    const refused = await ask.create({ 'not-allowed-value': 'x' });
    assert.equal(refused.status, 403);
    assert.match(JSON.parse(refused.body).message, /value 'not-allowed-value' not allowed in configmap/);

    const printed = await cluster.kubectl(['create', 'configmap', name, '--from-literal=not-allowed-value=x']);
    assert.equal(printed.code, 1);
    assert.match(printed.stderr, /value 'not-allowed-value' not allowed in configmap/);

    const accepted = await cluster.kubectl(['create', 'configmap', name, '--from-literal=a=b', '-o', 'json']);
    assert.equal(accepted.stderr, '');
    assert.deepEqual(JSON.parse(accepted.stdout).data, { a: 'b', 'magic-value': 'foobar' });
  }

  test('static manifests decide from the first request on, before any object exists', async () => {
    const kinds = 'validatingwebhookconfigurations,mutatingwebhookconfigurations';
    assert.deepEqual(await cluster.kubectl(['get', kinds, '-o', 'name']), { code: 0, stdout: '', stderr: '' });
    await admissionDecides('static');
    // The API server writes this one itself while it starts.
    const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
    assert.equal(JSON.parse((await cluster.request({ path })).body).data['magic-value'], 'foobar');
  });

  test('a token is who the authenticator says', async () => {
    const { stdout } = await cluster.kubectl(['auth', 'whoami', '-o', 'json'], { token: 'magic-token' });
    const { username, groups } = JSON.parse(stdout).status.userInfo;
    assert.equal(username, 'magic-user');
    assert.deepEqual(groups, ['magic-group', 'system:authenticated']);
  });

  test('a token nobody knows is refused', async () => {
    const { code, stderr } = await cluster.kubectl(['auth', 'whoami'], { token: 'another-token' });
    assert.equal(code, 1);
    assert.match(stderr, /Unauthorized|must be logged in/);
  });

  test('the user may list ConfigMaps and not Secrets', async () => {
    const allowed = await cluster.kubectl(['get', 'configmaps', '-o', 'name'], { token: 'magic-token' });
    assert.deepEqual([allowed.code, allowed.stderr], [0, '']);
    const refused = await cluster.kubectl(['get', 'secrets'], { token: 'magic-token' });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /Forbidden.*User "magic-user" cannot list resource "secrets"/);
  });

  test('a Kubewarden policy of the same file decides too', async () => {
    const refused = await ask.createNamespace({ 'example.com/forbidden': 'x' });
    assert.match(JSON.parse(refused.body).message, /annotations are not allowed: example\.com\/forbidden/);
    assert.ok(refused.status >= 400 && refused.status < 500, refused.body);
    assert.equal((await ask.createNamespace({ 'example.com/other': 'x' })).status, 201);
  });

  test('editing the authorization file changes the decision', async (t) => {
    assert.equal(await ask.statusOfList(), 200);
    await edited(gates.configs.authorization, async () => {
      t.diagnostic(`taken away after ${await becomes(403, RELOAD_MS, ask.statusOfList)} ms`);
    });
    t.diagnostic(`given back after ${await becomes(200, RELOAD_MS, ask.statusOfList)} ms`);
  });

  test('editing the admission file changes the decision', async (t) => {
    assert.equal(await ask.statusOfForbidden(), 403);
    await edited(gates.configs.admission, async () => {
      t.diagnostic(`accepted after ${await becomes(201, RELOAD_MS, ask.statusOfForbidden)} ms`);
    });
    t.diagnostic(`refused again after ${await becomes(403, RELOAD_MS, ask.statusOfForbidden)} ms`);
  });

  test('editing the authentication file changes the decision', async (t) => {
    await edited(gates.configs.authentication, async () => {
      await sleep(RELOAD_MS);
      // The API server keeps a success for ten seconds whatever its flags say; a new one knows nothing yet.
      await cluster.restartApiServer();
      assert.equal(await ask.statusOfList(), 401);
    });
    t.diagnostic(`known again after ${await becomes(200, RELOAD_MS, ask.statusOfList)} ms`);
  });

  test('a broken edit leaves the running configuration in place', async () => {
    await edited(
      gates.configs.authorization,
      async () => {
        await sleep(RELOAD_MS);
        assert.equal(await ask.statusOfList(), 200);
      },
      'modules: [{ module: /no/such/module.wasm }]\n',
    );
  });

  test('everything is refused while Ostiary is dead, and heals when it is back', async (t) => {
    await gates.ostiary.kill();
    assert.equal((await ask.create({ a: 'b' })).status, 500);
    assert.notEqual(await ask.statusOfList(), 200);
    await gates.ostiary.start();
    const admission = await becomes(201, HEAL_MS, async () => (await ask.create({ a: 'b' })).status);
    const authorization = await becomes(200, HEAL_MS, ask.statusOfList);
    t.diagnostic(`admission healed after ${admission} ms, authorization after ${authorization} ms more`);
  });

  test('webhook configuration objects decide the same without static manifests', async () => {
    await cluster.restartApiServer({
      flags: gates.generated.flags.filter((flag) => !flag.startsWith('--admission-control-config-file')),
    });
    assert.equal(await ask.statusOfForbidden(), 201);
    const applied = await cluster.kubectl(['apply', '-f', gates.generated.webhookConfigurations]);
    assert.deepEqual([applied.code, applied.stderr], [0, '']);
    await becomes(403, HEAL_MS, ask.statusOfForbidden);
    await admissionDecides('objects');
  });

  test('the older authorization flags decide the same', async () => {
    const flags = gates.generated.flags.filter((flag) => !flag.startsWith('--authorization-'));
    await cluster.restartApiServer({ flags: [...flags, ...gates.generated.olderAuthorizationFlags] });
    assert.equal(await ask.statusOfList(), 200);
    assert.equal(await ask.statusOfList('secrets'), 403);
  });

  test('the log names no token', () => {
    assert.doesNotMatch(gates.ostiary.logTail(100_000), /magic-token|another-token/);
  });
});

/** Writes another text into a file for the time of `use`, then the old one. */
async function edited(file: string, use: () => Promise<void>, text = NO_MODULES): Promise<void> {
  const original = await readFile(file, 'utf8');
  await writeFile(file, text);
  try {
    await use();
  } finally {
    await writeFile(file, original);
  }
}
