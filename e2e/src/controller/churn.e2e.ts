import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { create, createInformer, isKubeError, patch, remove, resource, type Informer } from '@ostiary/kube';
import { callsOf, peakOf, writesOf } from './figures.ts';
import { CAPS, isActive, policy, policyServer, startTraffic } from './scene.ts';
import { NAMESPACE, startStack, type ControllerProcess, type Loose, type Stack } from './stack.ts';

/** Policies that come and go; `OSTIARY_CHURN=1000` asks for more, and for a test time-out of 20 minutes. */
const POLICIES = Number(process.env['OSTIARY_CHURN'] ?? '200');

/** An API server asks every policy of a namespace at each request there; of more than these, the rest is for elsewhere. */
const AT_THE_SHOP = 100;

/** Coming and going take as long for each policy, on two cores that also carry the traffic. */
const PATIENCE_MS = Math.max(180_000, POLICIES * 500);

const SECRETS = resource('v1', 'Secret', 'secrets');

let stack: Stack;
let controllers: ControllerProcess[];
/** Followed rather than listed: reading a thousand policies again and again would be most of the load. */
let caps: Informer<Loose>;

before(async () => {
  stack = await startStack();
  controllers = [await stack.startController(), await stack.startController()];
  await stack.kubectl(['apply', '-f', '-'], policyServer('default', 2));
  await create(stack.client, CAPS, policy('always', 'always-bad'));
  caps = createInformer({ client: stack.client, resource: CAPS });
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=90s', 'cap/always']);
  await stack.eventually(
    'two pods',
    async () => [...stack.kubelet.pods().values()].filter(({ isReady }) => isReady).length === 2,
  );
});

after(async () => {
  await caps?.stop();
  await stack?.stop();
});

/** Writes a policy, also while the replica that would have been asked about it is being killed. */
async function createPolicy(name: string, namespace: string): Promise<void> {
  await stack.eventually(`${name} to be written`, async () => {
    try {
      await create(stack.client, CAPS, policy(name, `bad-${name}`, namespace));
      return true;
    } catch (error) {
      if (isKubeError(error, 'already-exists')) return true;
      if (isKubeError(error)) return false;
      throw error;
    }
  });
}

function activeOf(names: readonly string[]): number {
  const wanted = new Set(names);
  return caps.list().filter((one) => wanted.has(one.metadata.name) && isActive(one)).length;
}

test(`${POLICIES} policies come and go, with the controller killed now and then, and no decision is wrong`, async (t) => {
  const traffic = startTraffic(stack.client);
  t.after(() => traffic.stop());
  const names = Array.from({ length: POLICIES }, (_, at) => `p${at}`);
  const written = await writesOf(stack.cluster);
  const from = performance.now();
  for (const [at, name] of names.entries()) {
    await createPolicy(name, at < AT_THE_SHOP ? 'shop' : 'elsewhere');
    if (at === Math.floor(POLICIES / 3)) {
      await controllers[0]?.daemon.stop('SIGKILL');
      controllers[0] = await stack.startController();
    }
  }
  const asked = Math.round(performance.now() - from);
  await stack.eventually('all to be active', async () => activeOf(names) === POLICIES, PATIENCE_MS);
  t.diagnostic(`${POLICIES} policies made in ${asked} ms, active after ${Math.round(performance.now() - from)} ms`);
  const going = performance.now();
  for (const [at, name] of names.entries()) {
    await remove(stack.client, CAPS, { name });
    if (at === Math.floor(POLICIES / 2)) {
      await controllers[1]?.daemon.stop('SIGKILL');
      controllers[1] = await stack.startController();
    }
  }
  await stack.eventually('all to be gone', async () => caps.list().length === 1, PATIENCE_MS);
  const left = await stack.find('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations');
  assert.deepEqual(left.items.map((one: Loose) => one.metadata.name).toSorted(), [
    'kubewarden-controller-validating-webhook-configuration',
    'kw.cap.always',
  ]);
  t.diagnostic(`gone after ${Math.round(performance.now() - going)} ms`);
  await traffic.stop();
  t.diagnostic(`${traffic.asked} requests meanwhile`);
  const each = ((await writesOf(stack.cluster)) - written) / POLICIES;
  const peaks = await Promise.all(controllers.map(({ daemon }) => peakOf(daemon.pid)));
  const pods = await Promise.all([...stack.kubelet.pods().values()].map(({ pid }) => peakOf(pid)));
  t.diagnostic(`${each.toFixed(1)} writes a policy; controllers ${peaks.join(', ')} MiB, pods ${pods.join(', ')} MiB`);
  // Made and deleted by us; a webhook, a finalizer, events, its statuses, and both removed; deliveries are shared.
  assert.ok(each < 15);
  assert.ok(traffic.asked > 100);
  assert.deepEqual(traffic.wrong.slice(0, 5), [], `${traffic.wrong.length} wrong`);
});

test('a new authority takes over while requests go on', async (t) => {
  const traffic = startTraffic(stack.client);
  t.after(() => traffic.stop());
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets/kubewarden-ca`;
  const before = (await stack.find(path)).data['ca.crt'];
  // A key that belongs to no certificate: the authority can't issue any more, though everything it issued is good.
  await patch(stack.client, SECRETS, { namespace: NAMESPACE, name: 'kubewarden-ca' }, { data: { 'ca.key': 'AAAA' } });
  await stack.eventually('another authority', async () => (await stack.find(path)).data['ca.crt'] !== before);
  const secret = await stack.find(path);
  await stack.eventually('trust in both', async () => {
    const found = await stack.find('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations');
    return found.items.every((one: Loose) =>
      one.webhooks.every((w: Loose) => w.clientConfig.caBundle === secret.data['ca.crt']),
    );
  });
  // Two minutes later everybody has heard of it, and what the old one issued is issued anew.
  const pods = `/api/v1/namespaces/${NAMESPACE}/secrets/policy-server-default`;
  const own = `/api/v1/namespaces/${NAMESPACE}/secrets/kubewarden-webhook-server-cert`;
  const leaves = [(await stack.find(pods)).data['tls.crt'], (await stack.find(own)).data['tls.crt']];
  const annotations = { 'ostiary.dev/rotated-at': new Date(Date.now() - 600_000).toISOString() };
  await patch(stack.client, SECRETS, { namespace: NAMESPACE, name: 'kubewarden-ca' }, { metadata: { annotations } });
  await stack.eventually('new leaves', async () => {
    const now = [(await stack.find(pods)).data['tls.crt'], (await stack.find(own)).data['tls.crt']];
    return now[0] !== leaves[0] && now[1] !== leaves[1];
  });
  await new Promise((resolve) => setTimeout(resolve, 4000));
  await create(stack.client, CAPS, policy('after', 'after-bad'));
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=60s', 'cap/after']);
  await traffic.stop();
  t.diagnostic(`${traffic.asked} requests meanwhile`);
  assert.deepEqual(traffic.wrong.slice(0, 5), [], `${traffic.wrong.length} wrong`);
});

test('when nothing happens, nothing is asked but the lease', async (t) => {
  const counts = async (): Promise<Map<string, number>> => {
    const all = new Map<string, number>();
    for (const controller of controllers) {
      const { byVerb } = await callsOf(controller);
      for (const [verb, value] of byVerb) all.set(verb, (all.get(verb) ?? 0) + value);
    }
    return all;
  };
  await new Promise((resolve) => setTimeout(resolve, 8000));
  const before = await counts();
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const after = await counts();
  const grown = [...after].flatMap(([verb, value]) =>
    value > (before.get(verb) ?? 0) ? [`${verb} ${value - (before.get(verb) ?? 0)}`] : [],
  );
  t.diagnostic(grown.join(', '));
  // Each of two replicas reads the lease every two seconds, and one of them writes it.
  const allowed = new Set(['get', 'update']);
  assert.deepEqual(
    grown.filter((line) => !allowed.has(line.split(' ')[0] ?? '')),
    [],
  );
});
