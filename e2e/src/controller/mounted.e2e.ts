import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MODULE, startStack, type Loose, type Stack } from './stack.ts';

const GROUP = 'policies.kubewarden.io/v1';
const RULES = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }];

let stack: Stack;

/** A policy server that reads its files once, as Kubewarden's does: every change is a rollout. */
before(async () => {
  stack = await startStack();
  await stack.startController();
  await stack.kubectl(['apply', '-f', '-'], {
    apiVersion: GROUP,
    kind: 'PolicyServer',
    metadata: { name: 'default', annotations: { 'ostiary.dev/delivery': 'configmap' } },
    spec: { image: 'r.example/policy-server:v1', replicas: 1 },
  });
});

after(async () => {
  await stack?.stop();
});

async function put(settings: object): Promise<void> {
  await stack.kubectl(['apply', '-f', '-'], {
    apiVersion: GROUP,
    kind: 'AdmissionPolicy',
    metadata: { name: 'p', namespace: 'shop' },
    spec: { module: MODULE, mutating: false, rules: RULES, settings },
  });
}

async function isRefused(annotation: string): Promise<boolean> {
  const { code, text } = await stack.tryKubectl(['create', '--dry-run=server', '-f', '-'], {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'e', namespace: 'shop', annotations: { [annotation]: 'x' } },
  });
  return code !== 0 && text.includes(`not allowed: ${annotation}`);
}

const readyPods = (): readonly string[] =>
  [...stack.kubelet.pods()].filter(([, { isReady }]) => isReady).map(([name]) => name);

test('a change rolls the pods out, and is enforced when they are there', async () => {
  await put({ denied_annotations: ['bad'] });
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=90s', 'ap/p', '-n', 'shop']);
  await stack.eventually('a refusal', () => isRefused('bad'));
});

test('a bad change stays outside, also when a pod of before has to start again', async () => {
  await stack.eventually('one pod', async () => readyPods().length === 1 && stack.kubelet.pods().size === 1);
  const [first = ''] = readyPods();
  await put({ nonsense: true });
  await stack.eventually('a pod of the next revision', async () => stack.kubelet.pods().size === 2);
  await stack.kubectl(['delete', 'pod', first, '-n', 'kubewarden', '--wait=false']);
  const [second] = await stack.eventually('one in its place', async () => {
    const ready = readyPods();
    return ready.length === 1 && ready[0] !== first && ready;
  });
  assert.notEqual(second, first);
  await stack.eventually('a refusal as before', () => isRefused('bad'));
  const { status } = await stack.find(`/apis/${GROUP}/namespaces/shop/admissionpolicies/p`);
  const active = status.conditions.find(({ type }: Loose) => type === 'PolicyActive');
  assert.equal(active.status, 'False');
});

test('the next good change goes through', async () => {
  await put({ denied_annotations: ['worse'] });
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=90s', 'ap/p', '-n', 'shop']);
  await stack.eventually('a refusal', () => isRefused('worse'));
});
