import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { create, patch, remove, resource, type ApiResource, type ObjectRef } from '@ostiary/kube';
import { startGateway, type Gateway } from './gateway.ts';
import { CAPS, createActs, policy, policyServer, ask, type Acts } from './scene.ts';
import { NAMESPACE, startStack, type ControllerProcess, type Loose, type Stack } from './stack.ts';

const SERVERS = resource('policies.kubewarden.io/v1', 'PolicyServer', 'policyservers', { namespaced: false });
const WEBHOOKS = resource(
  'admissionregistration.k8s.io/v1',
  'ValidatingWebhookConfiguration',
  'validatingwebhookconfigurations',
  { namespaced: false },
);
const CAP_PATH = '/apis/policies.kubewarden.io/v1/clusteradmissionpolicies';
const WEBHOOK_PATH = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const LEASE_PATH = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/a4ddbf36.kubewarden.io`;

let stack: Stack;
let acts: Acts;
/** Between the controllers and the API server. */
let gateway: Gateway;
let controllers: ControllerProcess[];

before(async () => {
  stack = await startStack();
  acts = createActs(stack);
  gateway = await startGateway(stack.cluster, stack.kubeconfig);
  const { kubeconfig } = gateway;
  controllers = [await stack.startController([], { kubeconfig }), await stack.startController([], { kubeconfig })];
  await stack.kubectl(['apply', '-f', '-'], policyServer());
  await acts.write('always', () => create(stack.client, CAPS, policy('always', 'always-bad')));
  await acts.isEnforced('always', 'always-bad');
});

after(async () => {
  await gateway?.stop();
  await stack?.stop();
});

/** Names of what belongs to the server; each of its parts is there once. */
async function parts(): Promise<readonly string[]> {
  const kinds = 'deployments,services,configmaps,secrets,serviceaccounts,roles,rolebindings,poddisruptionbudgets';
  const text = await stack.kubectl(['get', kinds, '-n', NAMESPACE, '-o', 'name']);
  return text.split('\n').filter((name) => name.includes('/policy-server-'));
}

async function webhooks(): Promise<readonly string[]> {
  const { items } = await stack.find(WEBHOOK_PATH);
  return items.map((one: Loose) => one.metadata.name).filter((name: string) => name.startsWith('kw.'));
}

/** A write by somebody who has no business there. */
interface Foreign {
  readonly resource: ApiResource;
  readonly ref: ObjectRef;
  readonly body: object;
  readonly subresource?: string;
}

/** Waits until nobody has written anything for a second and a half. */
async function calm(): Promise<void> {
  await stack.eventually('calm', async () => {
    const count = gateway.writes.length;
    await sleep(1500);
    return gateway.writes.length === count;
  });
}

async function leaders(): Promise<readonly ControllerProcess[]> {
  const texts = await Promise.all(controllers.map((one) => one.metrics()));
  return controllers.filter((_, at) => texts[at]?.includes('ostiary_controller_leader 1'));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

test('an API server that starts again while policies change', async (t) => {
  const pods = [...stack.kubelet.pods().keys()];
  const before = await parts();
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  await acts.underTraffic(t, async () => {
    for (const name of names.slice(0, 3))
      await acts.write(name, () => create(stack.client, CAPS, policy(name, `${name}1`)));
    const restarted = stack.cluster.restartApiServer();
    await acts.settle('a', 'a2');
    await acts.write('b', () => remove(stack.client, CAPS, { name: 'b' }));
    for (const name of names.slice(3))
      await acts.write(name, () => create(stack.client, CAPS, policy(name, `${name}1`)));
    await restarted;
    await acts.isEnforced('a', 'a2');
    for (const name of ['c', 'd', 'e', 'f']) await acts.isEnforced(name, `${name}1`);
  });
  await stack.eventually('b to be gone', async () => !(await webhooks()).includes('kw.cap.b'));
  assert.equal(await ask(stack.client, { a1: 'x', b1: 'x' }), undefined);
  assert.deepEqual(await parts(), before, 'nothing is there twice');
  assert.deepEqual([...stack.kubelet.pods().keys()], pods, 'no pod was replaced');
});

test('what happens while nobody watches, and is compacted away, is seen all the same', async (t) => {
  const listed = async (): Promise<number> =>
    Number(/api_requests_total\{verb="list"\} (\d+)/.exec((await controllers[0]?.metrics()) ?? '')?.[1]);
  const lists = await listed();
  await acts.underTraffic(t, async () => {
    gateway.cut();
    await acts.settle('a', 'a3');
    await stack.kubectl(['delete', 'cap', 'c', '--wait=false']);
    await stack.kubectl(['delete', 'validatingwebhookconfiguration', 'kw.cap.d']);
    await create(stack.client, CAPS, policy('g', 'g1'));
    const { metadata } = await stack.find(CAP_PATH);
    const revision = Number(metadata.resourceVersion);
    const compacted = await fetch(`${stack.cluster.etcdUrl}/v3/kv/compaction`, {
      method: 'POST',
      body: JSON.stringify({ revision, physical: true }),
    });
    assert.equal(compacted.status, 200);
    // What an API server remembers of the past by itself goes with it.
    await stack.cluster.restartApiServer();
    gateway.mend();
    await acts.isEnforced('a', 'a3');
    await acts.isEnforced('d', 'd1');
    await acts.isEnforced('g', 'g1');
    await stack.eventually('c to be gone', async () => (await stack.find(`${CAP_PATH}/c`)) === undefined);
  });
  assert.equal((await webhooks()).includes('kw.cap.c'), false);
  assert.ok((await listed()) > lists, 'there was no way but to list anew');
});

test('somebody else who writes the same objects all the time', async (t) => {
  const labels = { 'app.kubernetes.io/part-of': 'somebody', storm: 'yes' };
  const part = { ref: { namespace: NAMESPACE, name: 'policy-server-default' }, body: { metadata: { labels } } };
  const storm: readonly Foreign[] = [
    { resource: CAPS, ref: { name: 'd' }, body: { metadata: { annotations: { storm: 'yes' } } } },
    { resource: CAPS, ref: { name: 'd' }, body: { status: { policyStatus: 'pending' } }, subresource: 'status' },
    { resource: SERVERS, ref: { name: 'default' }, body: { status: { conditions: [] } }, subresource: 'status' },
    { resource: WEBHOOKS, ref: { name: 'kw.cap.d' }, body: { metadata: { labels }, webhooks: null } },
    { resource: resource('apps/v1', 'Deployment', 'deployments'), ...part },
    { resource: resource('v1', 'Service', 'services'), ...part },
    { resource: resource('v1', 'ConfigMap', 'configmaps'), ...part },
  ];
  await calm();
  const before = gateway.writes.length;
  let foreign = 0;
  await acts.underTraffic(t, async () => {
    const end = performance.now() + 4000;
    const writer = async ({ resource: kind, ref, body, subresource }: Foreign): Promise<void> => {
      while (performance.now() < end) {
        // A new value each time, so that there is always something to write.
        const text = JSON.stringify(body).replace('yes', `yes${foreign}`);
        await patch(stack.client, kind, ref, JSON.parse(text), subresource === undefined ? {} : { subresource });
        foreign += 1;
        await sleep(30);
      }
    };
    await Promise.all(storm.map(writer));
    await calm();
  });
  const own = gateway.writes.length - before;
  t.diagnostic(`${foreign} writes by somebody else, ${own} by the controller`);
  assert.ok(foreign > 100);
  // One for what was done, one for the status that tells of it, and one more where the two crossed.
  assert.ok(own <= 3 * foreign + 10, `${own} writes for ${foreign}`);
  await acts.isEnforced('d', 'd1');
  const {
    webhooks: [webhook],
  } = await stack.find(`${WEBHOOK_PATH}/kw.cap.d`);
  assert.deepEqual([webhook.name, webhook.timeoutSeconds], ['kw.cap.d.kubewarden.admission', 10]);
});

test('a leader that stood still past its lease has nothing more to say', async (t) => {
  const [first] = await leaders();
  assert.ok(first);
  const { leaseTransitions } = (await stack.find(LEASE_PATH)).spec;
  await acts.underTraffic(t, async () => {
    await acts.settle('a', 'a4');
    first.freeze();
    await stack.eventually('another leader', async () => {
      const { spec } = await stack.find(LEASE_PATH);
      return spec.leaseTransitions > leaseTransitions;
    });
    await acts.settle('a', 'a5');
    await acts.write('h', () => create(stack.client, CAPS, policy('h', 'h1')));
    await acts.isEnforced('a', 'a5');
    first.thaw();
    await acts.settle('a', 'a6');
    await acts.isEnforced('a', 'a6');
    await acts.isEnforced('h', 'h1');
  });
  const [other, ...more] = await leaders();
  assert.notEqual(other, first);
  assert.deepEqual(more, []);
  assert.equal((await stack.find(LEASE_PATH)).spec.leaseTransitions, leaseTransitions + 1);
  await calm();
});

test('two that both lead, and never stop, come to the same end', async (t) => {
  const { kubeconfig } = gateway;
  const second = await stack.startController(['--leader-elect=false'], { kubeconfig });
  const pods = [...stack.kubelet.pods().keys()];
  const before = await parts();
  const from = gateway.writes.length;
  await acts.underTraffic(t, async () => {
    for (const name of ['i', 'j', 'k'])
      await acts.write(name, () => create(stack.client, CAPS, policy(name, `${name}1`)));
    for (const name of ['i', 'j', 'k']) await acts.isEnforced(name, `${name}1`);
    for (const name of ['i', 'j']) await acts.settle(name, `${name}2`);
    await acts.write('k', () => remove(stack.client, CAPS, { name: 'k' }));
    for (const name of ['i', 'j']) await acts.isEnforced(name, `${name}2`);
    await stack.eventually('k to be gone', async () => !(await webhooks()).includes('kw.cap.k'));
    // They agree, so that neither undoes what the other did.
    await calm();
  });
  t.diagnostic(`${gateway.writes.length - from} writes of both`);
  assert.ok(gateway.writes.length - from < 200);
  assert.deepEqual(await parts(), before);
  assert.deepEqual([...stack.kubelet.pods().keys()], pods);
  await second.daemon.stop();
});
