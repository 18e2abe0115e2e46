import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as kinds from '../cluster/kinds.ts';
import { NAMESPACE, policyServer, startHarness, type Harness, type Loose } from '../testing/harness.ts';
import { cleanUp } from './cleanup.ts';
import { createControllerLog } from './log.ts';
import { retire } from './retire.ts';

const NAME = 'policy-server-default';
const quiet = createControllerLog(
  'error',
  () => {},
  () => new Date(),
);

function put(h: Harness, spec: Readonly<Record<string, unknown>>): void {
  const live = h.find(kinds.POLICY_SERVERS, 'default');
  const wanted = policyServer('default', spec);
  h.put(kinds.POLICY_SERVERS, { ...wanted, metadata: live?.metadata ?? wanted.metadata });
}

const conditionTypes = (h: Harness): readonly string[] =>
  (h.find(kinds.POLICY_SERVERS, 'default')?.['status']?.conditions ?? []).map(({ type }: Loose) => type);

suite('what a PolicyServer may want or not', () => {
  for (const [resource, spec, type] of [
    [kinds.SCALERS, { autoscaling: { maxReplicas: 4 } }, 'AutoscalerReconciled'],
    [kinds.NETWORK_POLICIES, { networkPolicy: { enabled: true } }, 'NetworkPolicyReconciled'],
  ] as const) {
    test(`${resource.kind}: made, mended, and gone with its condition`, async (t) => {
      const h = await startHarness(t);
      put(h, {});
      await h.eventually('a status', () => conditionTypes(h).includes('ServiceReconciled'));
      assert.ok(!conditionTypes(h).includes(type), 'a server that wants none has the conditions of the original');
      put(h, spec);
      const made = await h.eventually('it', () => h.find(resource, NAME));
      await h.eventually('its condition', () => conditionTypes(h).includes(type));
      await h.quiet();
      h.put(resource, { ...made, spec: {} });
      await h.eventually(
        'it to be mended',
        () => JSON.stringify(h.find(resource, NAME)?.['spec']) === JSON.stringify(made['spec']),
      );
      put(h, {});
      await h.eventually('it to be gone', () => h.find(resource, NAME) === undefined);
      await h.eventually('its condition to be gone', () => !conditionTypes(h).includes(type));
    });
  }

  test('an autoscaler that somebody else made is left alone', async (t) => {
    const h = await startHarness(t);
    const spec = { scaleTargetRef: { kind: 'Deployment', name: NAME }, maxReplicas: 9 };
    h.put(kinds.SCALERS, { metadata: { namespace: NAMESPACE, name: NAME }, spec });
    put(h, {});
    await h.eventually('the server', () => h.find(kinds.DEPLOYMENTS, NAME));
    await h.quiet();
    assert.deepEqual(h.find(kinds.SCALERS, NAME)?.['spec'], spec);
  });

  test('replicas that an autoscaler has set stay', async (t) => {
    const h = await startHarness(t);
    put(h, { autoscaling: { maxReplicas: 4 } });
    const deployment = await h.eventually('the Deployment', () => h.find(kinds.DEPLOYMENTS, NAME));
    h.put(kinds.DEPLOYMENTS, { ...deployment, spec: { ...deployment['spec'], replicas: 3 } });
    await h.quiet();
    put(h, { autoscaling: { maxReplicas: 5 }, annotations: { changed: 'yes' } });
    await h.eventually(
      'the change',
      () => h.find(kinds.DEPLOYMENTS, NAME)?.metadata.annotations?.['changed'] === 'yes',
    );
    assert.equal(h.find(kinds.DEPLOYMENTS, NAME)?.['spec'].replicas, 3);
  });
});

suite('cleaning up', () => {
  const labels = { component: 'controller' };
  const pod = { metadata: { namespace: NAMESPACE, name: 'c', labels } };
  const deployment = {
    metadata: { namespace: NAMESPACE, name: 'ostiary' },
    spec: { replicas: 2, selector: { matchLabels: labels } },
  };

  test('waits until the controller has ended, which would put everything back', async (t) => {
    const h = await startHarness(t);
    await h.controller.stop();
    h.put(kinds.DEPLOYMENTS, deployment);
    h.put(kinds.PODS, pod);
    let isOver = false;
    const cleaning = cleanUp(h.client, quiet, { ...h.options, controllerDeployment: 'ostiary' }).then(() => {
      isOver = true;
    });
    await h.eventually('nothing to be asked for', () => h.find(kinds.DEPLOYMENTS, 'ostiary')?.['spec'].replicas === 0);
    assert.ok(!isOver && h.find(kinds.SECRETS, 'kubewarden-ca') !== undefined);
    h.remove(kinds.PODS, 'c');
    await cleaning;
    assert.equal(h.find(kinds.SECRETS, 'kubewarden-ca'), undefined);
  });

  test('a controller that has gone before is no hindrance', async (t) => {
    const h = await startHarness(t);
    await retire(h.client, { namespace: NAMESPACE, name: 'ostiary' }, quiet);
  });

  test('certificates of somebody else stay', async (t) => {
    const h = await startHarness(t, { certificates: 'secret' });
    await h.controller.stop();
    h.put(kinds.SECRETS, { metadata: { namespace: NAMESPACE, name: 'kubewarden-ca' }, data: {} });
    await cleanUp(h.client, quiet, h.options);
    assert.ok(h.find(kinds.SECRETS, 'kubewarden-ca'));
  });
});
