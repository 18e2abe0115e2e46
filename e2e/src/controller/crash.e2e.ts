import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { create, patch, remove } from '@ostiary/kube';
import { startGateway, type Gateway } from './gateway.ts';
import { ask, CAPS, isActive, policy, policyServer, startTraffic } from './scene.ts';
import { NAMESPACE, startStack, type ControllerProcess, type Loose, type Stack } from './stack.ts';

/** More writes than any step of a policy's life takes; a step that takes fewer ends the search. */
const MOST_WRITES = 20;

const NO_ELECTION = ['--leader-elect=false'];
const CAP_PATH = '/apis/policies.kubewarden.io/v1/clusteradmissionpolicies/x';
const WEBHOOK_PATH = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/kw.cap.x';

let stack: Stack;
let gateway: Gateway;
/** The one that runs; whoever is killed is followed by another. */
let controller: ControllerProcess;

before(async () => {
  stack = await startStack();
  gateway = await startGateway(stack.cluster, stack.kubeconfig);
  controller = await start();
  await stack.kubectl(['apply', '-f', '-'], policyServer());
  await create(stack.client, CAPS, policy('always', 'always-bad'));
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=60s', 'cap/always']);
});

after(async () => {
  await gateway?.stop();
  await stack?.stop();
});

interface Step {
  readonly name: string;
  readonly act: () => Promise<unknown>;
  /** Whether what was wanted has come about. */
  readonly isDone: () => Promise<boolean>;
}

const STEPS: readonly Step[] = [
  {
    name: 'made',
    act: async () => {
      const found = await stack.find(CAP_PATH);
      return found === undefined ? create(stack.client, CAPS, policy('x', 'x1')) : change('x1');
    },
    isDone: async () => isActive(await stack.find(CAP_PATH)) && (await refuses('x1')),
  },
  {
    name: 'changed',
    act: () => change('x2'),
    isDone: async () => isActive(await stack.find(CAP_PATH)) && (await refuses('x2')) && !(await refuses('x1')),
  },
  {
    name: 'deleted',
    act: () => remove(stack.client, CAPS, { name: 'x' }),
    isDone: async () => (await stack.find(CAP_PATH)) === undefined && (await stack.find(WEBHOOK_PATH)) === undefined,
  },
];

const change = (annotation: string): Promise<unknown> =>
  patch(stack.client, CAPS, { name: 'x' }, { spec: { settings: { denied_annotations: [annotation] } } });

async function refuses(annotation: string): Promise<boolean> {
  return (await ask(stack.client, { [annotation]: 'x' }))?.includes(annotation) === true;
}

/** What there is in the end, without what differs from one time to the next. */
async function outcome(): Promise<Loose> {
  const found = await stack.find(CAP_PATH);
  const webhook = await stack.find(WEBHOOK_PATH);
  const kinds = 'deployments,services,configmaps,secrets,serviceaccounts,roles,rolebindings,poddisruptionbudgets';
  return {
    finalizers: found?.metadata.finalizers,
    status: found?.status?.conditions?.map((one: Loose) => [one.type, one.status, one.reason, one.message]),
    webhooks: webhook?.webhooks,
    labels: webhook?.metadata.labels,
    parts: await stack.kubectl(['get', kinds, '-n', NAMESPACE, '-o', 'name']),
    pods: [...stack.kubelet.pods().keys()],
  };
}

/** Brings the policy to where a step begins. */
async function prepare(upTo: readonly Step[]): Promise<void> {
  if (upTo.length === 0) await stack.kubectl(['delete', 'cap', 'x', '--ignore-not-found', '--timeout=20s']);
  for (const { name, act, isDone } of upTo) {
    await act();
    await stack.eventually(name, isDone);
  }
}

const start = (): Promise<ControllerProcess> => stack.startController(NO_ELECTION, { kubeconfig: gateway.kubeconfig });

/** Ends the controller right after its n-th write, and starts another; resolves with whether it came to that. */
async function dieAfter(count: number, { act, isDone, name }: Step): Promise<boolean> {
  await stack.eventually('nothing to be left to write', async () => {
    const seen = gateway.writes.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return gateway.writes.length === seen;
  });
  const from = gateway.writes.length;
  let isDead = false;
  gateway.onWrite = async (written) => {
    if (written - from < count) return;
    isDead = true;
    await controller.daemon.stop('SIGKILL');
    throw new Error('nobody is there to be told');
  };
  try {
    await act();
    await stack.eventually(name, async () => isDead || (await isDone()));
  } finally {
    gateway.onWrite = undefined;
  }
  if (isDead) controller = await start();
  return isDead;
}

for (const [at, step] of STEPS.entries()) {
  test(`a policy is ${step.name}: killed after each write, another brings it to the same end`, async (t: TestContext) => {
    await prepare(STEPS.slice(0, at + 1));
    const expected = JSON.stringify(await outcome());
    const traffic = startTraffic(stack.client);
    t.after(() => traffic.stop());
    let count = 1;
    for (; count < MOST_WRITES; count += 1) {
      await prepare(STEPS.slice(0, at));
      const isDead = await dieAfter(count, step);
      await stack.eventually(`${step.name} in spite of a crash after write ${count}`, step.isDone);
      await stack.eventually('the same end', async () => JSON.stringify(await outcome()) === expected, 15_000);
      if (!isDead) break;
    }
    await traffic.stop();
    t.diagnostic(`${count - 1} writes, ${traffic.asked} requests meanwhile`);
    assert.ok(count > 2 && count < MOST_WRITES);
    assert.deepEqual(traffic.wrong.slice(0, 5), [], `${traffic.wrong.length} wrong`);
  });
}

test('in the end, no pod is given what was deleted', async () => {
  await stack.eventually('the policy to be gone from its server', async () => {
    const { data } = await stack.find(`/api/v1/namespaces/${NAMESPACE}/configmaps/policy-server-default`);
    return Object.keys(JSON.parse(data['policies.yml'])).join() === 'kw.cap.always';
  });
});
