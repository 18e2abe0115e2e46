import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { onProcessEnd, removeNow } from '../cleanup.ts';
import { startCluster, type Cluster } from '../cluster.ts';
import { connect, reviewOf } from './client.ts';
import { MUTATED, writeModules, type ModuleName } from './modules.ts';
import { startPolicyServer, type Form, type PolicyServer } from './server.ts';
import { webhookConfiguration } from './webhooks.ts';

const ACCEPTED = 'always-accepted';
/** A webhook configuration is in force within a second or so of being applied. */
const IN_FORCE_MS = 10_000;
/** What an answer may take on a busy machine while another policy runs into its limit. */
const QUICK_MS = 1000;

function policiesOf(at: (name: ModuleName) => string): object {
  const member = (name: ModuleName): object => ({ module: at(name) });
  return {
    yes: member('yes'),
    no: { ...member('no'), namespacedName: { namespace: '', name: 'no' } },
    explained: { ...member('no'), message: 'ask the owner' },
    warns: member('warns'),
    monitored: { ...member('warns'), policyMode: 'monitor' },
    mutates: { ...member('mutates'), allowedToMutate: true },
    forbidden: member('mutates'),
    group: {
      expression: 'yes() && no()',
      message: 'the group says no',
      policies: { yes: member('yes'), no: member('no') },
    },
    bad: { module: 'file:///nowhere/module.wasm' },
    endless: { ...member('endless'), timeoutEvalSeconds: 3 },
  };
}

const VALIDATING = ['yes', 'no', 'explained', 'warns', 'monitored', 'group', 'bad', 'endless', 'forbidden'];

interface Refusal {
  readonly message: string;
  readonly code: number;
  readonly details?: { readonly causes?: readonly { readonly message?: string; readonly field?: string }[] };
}

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ACCEPTED } };
  await cluster.request({ method: 'POST', path: '/api/v1/namespaces', body: namespace });
});
after(() => cluster?.stop());

for (const form of ['flags', 'variables'] as const) {
  suite(`an API server that asks a server of policies, started by ${form}`, () => judged(form));
}

function judged(form: Form): void {
  let dir = '';
  let server: PolicyServer;
  let forget = (): void => undefined;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ostiary-policies-'));
    forget = onProcessEnd(() => removeNow(dir));
    server = await startPolicyServer({
      dir,
      form,
      policies: policiesOf(await writeModules(dir)),
      alwaysAccept: ACCEPTED,
      env: form === 'variables' ? { KUBEWARDEN_CONTINUE_ON_ERRORS: 'true' } : {},
    });
    await apply('ValidatingWebhookConfiguration', VALIDATING);
    await apply('MutatingWebhookConfiguration', ['mutates']);
    await inForce();
  });
  after(async () => {
    await server?.stop();
    removeNow(dir);
    forget();
  });

  async function apply(
    kind: 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration',
    ids: readonly string[],
  ): Promise<void> {
    const input = JSON.stringify(webhookConfiguration(kind, ids, server));
    const { code, stderr } = await cluster.kubectl(['apply', '-f', '-'], { input });
    assert.equal(code, 0, stderr);
  }

  async function inForce(): Promise<void> {
    const end = performance.now() + IN_FORCE_MS;
    while ((await create('no')).status === 201) assert.ok(performance.now() < end, 'no webhook is called');
  }

  /** Creates a ConfigMap that one policy is asked about, as a dry run. */
  async function create(policy: string, name = 'tried', namespace = 'default'): Promise<Created> {
    const body = configMap(policy, name, namespace);
    const path = `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`;
    const { status, body: text } = await cluster.request({ method: 'POST', path, body });
    return { status, refusal: JSON.parse(text) as Refusal };
  }

  test('a rejection reaches kubectl', async () => {
    const input = JSON.stringify(configMap('no', 'tried', 'default'));
    const { code, stderr } = await cluster.kubectl(['create', '-f', '-'], { input });
    assert.equal(code, 1);
    assert.match(stderr, /admission webhook "no\.policies\.test" denied the request: the policy says no/);
    assert.equal((await create('yes')).status, 201);
  });

  test('a message of the owner’s comes with the policy’s own as its cause', async () => {
    const { refusal } = await create('explained');
    assert.match(refusal.message, /denied the request: ask the owner$/);
    assert.deepEqual(refusal.details?.causes, [{ message: 'the policy says no' }]);
  });

  test('warnings reach kubectl', async () => {
    const input = JSON.stringify(configMap('warns', 'tried', 'default'));
    const { stderr } = await cluster.kubectl(['create', '-f', '-'], { input });
    assert.match(stderr, /Warning: be careful/);
  });

  test('a policy in monitor mode keeps nobody away', async () => {
    assert.equal((await create('monitored')).status, 201);
  });

  test('a group is told with its members', async () => {
    const { refusal } = await create('group');
    assert.match(refusal.message, /denied the request: the group says no$/);
    assert.deepEqual(refusal.details?.causes, [{ message: 'the policy says no', field: 'spec.policies.no' }]);
  });

  test('a policy changes an object when it may, and rejects it else', async () => {
    const input = JSON.stringify(configMap('mutates', MUTATED, 'default'));
    const made = await cluster.kubectl(['create', '--dry-run=server', '-o', 'json', '-f', '-'], { input });
    assert.equal(made.code, 0, made.stderr);
    assert.deepEqual((JSON.parse(made.stdout) as { data: object }).data, { added: 'by the policy' });
    const { refusal } = await create('forbidden');
    assert.match(refusal.message, /currently configured to not allow mutations/);
  });

  test('a namespace is always accepted', async () => {
    assert.equal((await create('no', 'tried', ACCEPTED)).status, 201);
    assert.notEqual((await create('no')).status, 201);
  });

  test('a policy that can’t be loaded rejects, and the others go on', async () => {
    const { status, refusal } = await create('bad');
    assert.equal(status, 500, refusal.message);
    assert.match(refusal.message, /Error while downloading policy 'bad' from file:\/\/\/nowhere\/module\.wasm/);
    assert.equal((await create('yes')).status, 201);
    const listed = (await (await fetch(`${server.probeUrl}/policies`)).json()) as { id: string; state: string }[];
    assert.deepEqual(
      listed.filter(({ state }) => state === 'failed').map(({ id }) => id),
      ['bad'],
    );
  });

  test('a policy that never ends is rejected at its limit; others answer meanwhile', async (t) => {
    const started = performance.now();
    const endlessly = { over: false };
    const endless = create('endless').finally(() => (endlessly.over = true));
    let slowest = 0;
    let count = 0;
    for (; !endlessly.over; count++) {
      const before = performance.now();
      assert.equal((await create('yes')).status, 201);
      slowest = Math.max(slowest, performance.now() - before);
    }
    const { refusal } = await endless;
    assert.match(refusal.message, /Policy execution interrupted because it exceeded the allowed execution time/);
    const took = performance.now() - started;
    t.diagnostic(`rejected after ${took.toFixed(0)} ms; ${count} others, the slowest in ${slowest.toFixed(0)} ms`);
    assert.ok(count > 3 && slowest < QUICK_MS, `${count} others, the slowest in ${slowest.toFixed(0)} ms`);
  });

  test('raw requests are answered as well', async () => {
    const client = connect(server);
    try {
      const { status, allowed } = await client.ask('/validate_raw/yes', { request: { anything: [1, 'two'] } });
      assert.deepEqual([status, allowed], [200, true]);
      assert.equal((await client.ask('/validate_raw/no', { request: null })).allowed, false);
      assert.equal((await client.ask('/audit/monitored', reviewOf('default'))).allowed, false);
    } finally {
      client.close();
    }
  });
}

interface Created {
  readonly status: number;
  /** What was made, or why it was not. */
  readonly refusal: Refusal;
}

function configMap(policy: string, name: string, namespace: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels: { policy } } };
}
