import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeAuthority } from '../certificates/key-pair.ts';
import { CERTIFICATES, ISSUERS } from '../desired/cert-manager.ts';
import { base64 } from '../desired/secret.ts';
import * as kinds from '../cluster/kinds.ts';
import { createControllerLog } from './log.ts';
import { cleanUp } from './cleanup.ts';
import {
  CAP,
  clusterPolicy,
  condition,
  isActive,
  NAMESPACE,
  obedientPod,
  policyServer,
  putPod,
  revisionOf,
  startHarness,
  withActivePolicy,
  type AnyObject,
  type Loose,
} from '../testing/harness.ts';

const ID = 'kw.cap.a';

suite('webhook configurations', () => {
  const TAMPERINGS: readonly (readonly [string, (live: AnyObject) => AnyObject])[] = [
    [
      'labels',
      (live) => ({
        ...live,
        metadata: { ...live.metadata, labels: { 'app.kubernetes.io/part-of': 'kubewarden', other: 'x' } },
      }),
    ],
    [
      'all labels and annotations',
      (live) => ({ ...live, metadata: { ...live.metadata, labels: {}, annotations: {} } }),
    ],
    [
      'the bundle',
      (live) => ({
        ...live,
        webhooks: [{ ...live['webhooks'][0], clientConfig: { ...live['webhooks'][0].clientConfig, caBundle: 'AAAA' } }],
      }),
    ],
    [
      'a condition that switches it off',
      (live) => ({
        ...live,
        webhooks: [{ ...live['webhooks'][0], matchConditions: [{ name: 'no', expression: 'false' }] }],
      }),
    ],
    [
      'a selector',
      (live) => ({
        ...live,
        webhooks: [{ ...live['webhooks'][0], objectSelector: { matchLabels: { never: 'true' } } }],
      }),
    ],
    ['the failure policy', (live) => ({ ...live, webhooks: [{ ...live['webhooks'][0], failurePolicy: 'Ignore' }] })],
    ['no webhooks', (live) => ({ ...live, webhooks: [] })],
  ];
  test('are put right, whatever is done to them', async (t) => {
    const h = await withActivePolicy(t);
    const text = (object: AnyObject | undefined): string =>
      JSON.stringify([object?.metadata.labels, object?.metadata.annotations, object?.['webhooks']]);
    const right = text(h.find(kinds.VALIDATING, ID));
    for (const [what, tamper] of TAMPERINGS) {
      h.put(kinds.VALIDATING, tamper(h.find(kinds.VALIDATING, ID)!));
      await h.eventually(`${what} to be undone`, () => text(h.find(kinds.VALIDATING, ID)) === right);
    }
    h.remove(kinds.VALIDATING, ID);
    await h.eventually('it to come back', () => text(h.find(kinds.VALIDATING, ID)) === right);
  });

  test('change their kind with the policy, and leave none behind', async (t) => {
    const h = await withActivePolicy(t);
    h.put(CAP, { ...clusterPolicy('a', { mutating: true }), metadata: h.find(CAP, 'a')!.metadata });
    await h.eventually('the other kind', () => h.find(kinds.MUTATING, ID));
    await h.eventually('the first to go', () => h.find(kinds.VALIDATING, ID) === undefined);
    h.remove(CAP, 'a');
    await h.eventually(
      'both to be gone',
      () => h.find(CAP, 'a') === undefined && h.find(kinds.MUTATING, ID) === undefined,
    );
  });

  test('whose policy is gone, go; those of others stay', async (t) => {
    const h = await withActivePolicy(t);
    const labels = { 'app.kubernetes.io/part-of': 'kubewarden' };
    h.put(kinds.VALIDATING, { metadata: { name: 'else', labels }, webhooks: [] });
    h.put(kinds.VALIDATING, {
      metadata: {
        name: 'kw.cap.gone',
        labels,
        annotations: { kubewardenPolicyName: 'gone', kubewardenPolicyNamespace: '' },
      },
      webhooks: [],
    });
    await h.eventually('the orphan to go', () => h.find(kinds.VALIDATING, 'kw.cap.gone') === undefined);
    assert.ok(h.find(kinds.VALIDATING, 'else'));
    assert.ok(h.find(kinds.VALIDATING, ID));
  });

  test('move to another scheme of names while both names are served', async (t) => {
    const h = await withActivePolicy(t, { 'policy-id-scheme': 'legacy' });
    assert.ok(h.find(kinds.VALIDATING, 'clusterwide-a'));
    await h.controller.stop();
    (h.options as { idScheme: string }).idScheme = 'dotted';
    const seen: string[][] = [];
    const timer = setInterval(() => {
      const text = h.find(kinds.CONFIG_MAPS, 'policy-server-default')?.['data']['policies.yml'];
      seen.push(Object.keys(JSON.parse(text)));
    }, 5);
    t.after(() => clearInterval(timer));
    await h.start();
    await h.eventually('the new name', () => h.find(kinds.VALIDATING, ID));
    await h.eventually('the old name to go', () => h.find(kinds.VALIDATING, 'clusterwide-a') === undefined);
    assert.ok(seen.some((names) => names.includes('clusterwide-a') && names.includes(ID)));
    assert.equal(
      seen.some((names) => !names.includes('clusterwide-a') && !names.includes(ID)),
      false,
    );
  });
});

suite('a policy', () => {
  test('that fails in a pod says why; the version before it stays in force', async (t) => {
    const h = await startHarness(t);
    h.put(kinds.POLICY_SERVERS, policyServer());
    h.put(CAP, clusterPolicy('a'));
    await h.eventually(
      'a revision',
      () => JSON.parse(h.find(kinds.CONFIG_MAPS, 'policy-server-default')?.['data']['policies.yml'] ?? '{}')[ID],
    );
    putPod(h);
    await h.eventually('active', () => isActive(h));
    const before = revisionOf(h);
    h.put(CAP, {
      ...clusterPolicy('a', { settings: { bad: 1 }, mode: 'monitor' }),
      metadata: h.find(CAP, 'a')!.metadata,
    });
    await h.eventually('updating', () => condition(h.find(CAP, 'a'), 'PolicyActive')?.reason === 'Updating');
    assert.equal(h.find(CAP, 'a')?.['status'].mode, 'protect', 'the pods have the old one');
    await h.eventually('a new revision', () => revisionOf(h) !== before);
    putPod(h, { failed: { [ID]: 'settings are not valid: bad' } });
    const failed = await h.eventually('failed', () => {
      const found = condition(h.find(CAP, 'a'), 'PolicyActive');
      return found?.reason === 'PolicyFailed' && found;
    });
    assert.match(failed.message, /pod pod-1: settings are not valid: bad; the version before it is enforced meanwhile/);
    assert.ok(h.find(kinds.VALIDATING, ID));
    await h.eventually('an event', () =>
      h.server.requests.some(({ path, body }) => path.endsWith('/events') && body.includes('PolicyFailed')),
    );
    await h.eventually('the count', () => h.find(kinds.POLICY_SERVERS, 'default')?.['status']?.policies?.failed === 1);
    h.put(CAP, { ...clusterPolicy('a', { mode: 'monitor' }), metadata: h.find(CAP, 'a')!.metadata });
    await h.eventually('another revision', () =>
      h.find(kinds.CONFIG_MAPS, 'policy-server-default')?.['data']['policies.yml'].includes('"settings":null'),
    );
    putPod(h);
    await h.eventually('active again', () => isActive(h));
    assert.equal(h.find(CAP, 'a')?.['status'].mode, 'monitor');
  });

  test('stays registered while its pods are away, and is not called active', async (t) => {
    const h = await startHarness(t);
    h.put(kinds.POLICY_SERVERS, policyServer());
    h.put(CAP, clusterPolicy('a'));
    await h.eventually(
      'a revision',
      () => JSON.parse(h.find(kinds.CONFIG_MAPS, 'policy-server-default')?.['data']['policies.yml'] ?? '{}')[ID],
    );
    putPod(h);
    await h.eventually('active', () => isActive(h));
    putPod(h, { ready: false });
    await h.eventually(
      'unavailable',
      () => condition(h.find(CAP, 'a'), 'PolicyActive')?.reason === 'PolicyServerUnavailable',
    );
    assert.equal(h.find(CAP, 'a')?.['status'].policyStatus, 'active');
    assert.ok(h.find(kinds.VALIDATING, ID));
  });

  test('whose server goes waits for another without holding anything up', async (t) => {
    const h = await withActivePolicy(t);
    h.remove(kinds.POLICY_SERVERS, 'default');
    await h.eventually('the server to be gone', () => h.find(kinds.POLICY_SERVERS, 'default') === undefined);
    await h.eventually('scheduled', () => h.find(CAP, 'a')?.['status'].policyStatus === 'scheduled');
    assert.equal(h.find(kinds.VALIDATING, ID), undefined);
    assert.deepEqual(h.find(CAP, 'a')?.metadata.finalizers ?? [], []);
    h.put(kinds.POLICY_SERVERS, policyServer());
    await h.eventually('active again', () => isActive(h));
  });

  test('can be deleted while it waits for a server that never comes', async (t) => {
    const h = await startHarness(t);
    h.put(CAP, {
      ...clusterPolicy('a', { policyServer: 'typo' }),
      metadata: { name: 'a', finalizers: ['kubewarden.io/finalizer', 'kubewarden'] },
    });
    h.remove(CAP, 'a');
    await h.eventually('gone', () => h.find(CAP, 'a') === undefined);
  });
});

suite('a policy server', () => {
  test('is mended where somebody changed it, and keeps what others added', async (t) => {
    const h = await withActivePolicy(t);
    const deployment = h.find(kinds.DEPLOYMENTS, 'policy-server-default')!;
    const restarted = structuredClone(deployment) as Loose;
    restarted.spec.template.metadata.annotations['kubectl.kubernetes.io/restartedAt'] = 'now';
    restarted.spec.replicas = 9;
    h.put(kinds.DEPLOYMENTS, restarted);
    const after = await h.eventually('mended', () => {
      const found = h.find(kinds.DEPLOYMENTS, 'policy-server-default');
      return found?.['spec'].replicas === 1 && found;
    });
    assert.equal(after['spec'].template.metadata.annotations['kubectl.kubernetes.io/restartedAt'], 'now');
    for (const kind of [
      kinds.SERVICES,
      kinds.CONFIG_MAPS,
      kinds.SECRETS,
      kinds.ROLES,
      kinds.ROLE_BINDINGS,
      kinds.SERVICE_ACCOUNTS,
      kinds.DEPLOYMENTS,
    ]) {
      h.remove(kind, 'policy-server-default');
      await h.eventually(`${kind.kind} to come back`, () => h.find(kind, 'policy-server-default'));
    }
  });

  test('loses the labels that its spec loses', async (t) => {
    const h = await startHarness(t);
    h.put(kinds.POLICY_SERVERS, policyServer('default', { labels: { team: 'x' }, minAvailable: 1 }));
    await h.eventually('a label', () => h.find(kinds.DEPLOYMENTS, 'policy-server-default')?.metadata.labels?.['team']);
    await h.eventually('a budget', () => h.find(kinds.BUDGETS, 'policy-server-default'));
    h.put(kinds.POLICY_SERVERS, { ...policyServer(), metadata: h.find(kinds.POLICY_SERVERS, 'default')!.metadata });
    await h.eventually(
      'no label',
      () => h.find(kinds.DEPLOYMENTS, 'policy-server-default')?.metadata.labels?.['team'] === undefined,
    );
    await h.eventually('no budget', () => h.find(kinds.BUDGETS, 'policy-server-default') === undefined);
  });

  test('follows its autoscaler', async (t) => {
    const h = await withActivePolicy(t);
    h.put(kinds.SCALERS, {
      metadata: { namespace: NAMESPACE, name: 'scaler' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'policy-server-default' } },
    });
    await h.quiet();
    h.put(kinds.DEPLOYMENTS, {
      ...h.find(kinds.DEPLOYMENTS, 'policy-server-default')!,
      spec: { ...h.find(kinds.DEPLOYMENTS, 'policy-server-default')!['spec'], replicas: 7 },
    });
    await h.quiet();
    assert.equal(h.find(kinds.DEPLOYMENTS, 'policy-server-default')?.['spec'].replicas, 7);
  });

  test('of another image is rolled out with every change', async (t) => {
    const h = await startHarness(t);
    h.put(kinds.POLICY_SERVERS, policyServer('default', { image: 'r.example/policy-server:v1' }));
    const version = (): string | undefined =>
      h.find(kinds.DEPLOYMENTS, 'policy-server-default')?.['spec'].template.metadata.labels[
        'kubewarden/config-version'
      ];
    const first = await h.eventually('a version', version);
    assert.equal(first, h.find(kinds.CONFIG_MAPS, 'policy-server-default')?.metadata.resourceVersion);
    h.put(CAP, clusterPolicy('a'));
    const second = await h.eventually('another', () => version() !== first && version());
    h.put(
      { ...kinds.PODS, subresources: [] },
      {
        metadata: {
          namespace: NAMESPACE,
          name: 'p',
          labels: { 'kubewarden/policy-server': 'default', 'kubewarden/config-version': second },
        },
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      },
    );
    await h.eventually('active', () => isActive(h));
  });

  test('says what could not be made', async (t) => {
    const h = await startHarness(t);
    h.server.inject({
      match: ({ method, path }) => method === 'PATCH' && path.includes('/services/'),
      times: 3,
      action: { type: 'status', status: 422, reason: 'Invalid', message: 'no such port' },
    });
    h.put(kinds.POLICY_SERVERS, policyServer());
    const failed = await h.eventually('a condition', () => {
      const found = condition(h.find(kinds.POLICY_SERVERS, 'default'), 'ServiceReconciled');
      return found?.status === 'False' && found;
    });
    assert.match(failed.message, /no such port/);
    assert.equal(condition(h.find(kinds.POLICY_SERVERS, 'default'), 'DeploymentReconciled').status, 'True');
    await h.eventually(
      'recovery',
      () => condition(h.find(kinds.POLICY_SERVERS, 'default'), 'ServiceReconciled').status === 'True',
    );
  });

  test('keeps ten revisions', async (t) => {
    const h = await withActivePolicy(t);
    for (let at = 0; at < 12; at++) {
      const before = revisionOf(h);
      h.put(CAP, { ...clusterPolicy('a', { settings: { at } }), metadata: h.find(CAP, 'a')!.metadata });
      await h.eventually('a revision', () => revisionOf(h) !== before);
    }
    await h.quiet();
    const kept = h.server.store.list(kinds.REVISIONS, NAMESPACE);
    assert.equal(kept.length, 10);
    const settings = kept.map((one) => (one['data'] as Loose).policies[ID].settings.at as number);
    assert.deepEqual(
      settings.toSorted((a, b) => a - b),
      [2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
      'each holds what was delivered',
    );
    assert.ok(kept.some(({ metadata }) => metadata.name === `policy-server-default-${revisionOf(h)}`));
  });
});

suite('the process', () => {
  test('hands over to another replica', async (t) => {
    const h = await startHarness(
      t,
      { 'leader-elect': 'true' },
      { leaseSeconds: 2, renewSeconds: 1, retrySeconds: 0.1 },
    );
    const second = await h.start();
    await h.eventually('the first to lead', () => h.controller.isLeader());
    assert.equal(second.isLeader(), false);
    await h.controller.stop();
    await h.eventually('the second to lead', () => second.isLeader());
    h.put(kinds.POLICY_SERVERS, policyServer());
    await h.eventually('it to work', () => h.find(kinds.DEPLOYMENTS, 'policy-server-default'));
  });

  test('counts policies, not looks at them', async (t) => {
    const h = await withActivePolicy(t);
    const text = async (): Promise<string> =>
      (await fetch(`http://127.0.0.1:${h.controller.metricsPort}/metrics`)).text();
    assert.match(await text(), /kubewarden_policy_total\{name="kw\.cap\.a",.*policy_status="active"\} 1\n/);
    assert.equal((await fetch(`http://127.0.0.1:${h.controller.probePort}/readyz`)).status, 200);
  });

  test('renews all certificates when the authority is replaced, trust first', async (t) => {
    const h = await withActivePolicy(t);
    const bundle = (): string => h.find(kinds.VALIDATING, ID)?.['webhooks'][0].clientConfig.caBundle;
    const leaf = (): string => h.find(kinds.SECRETS, 'policy-server-default')?.['data']['tls.crt'];
    const [before, oldLeaf] = [bundle(), leaf()];
    const secret = h.find(kinds.SECRETS, 'kubewarden-ca')!;
    h.put(kinds.SECRETS, { ...secret, data: { ...secret['data'], 'ca.key': 'AAAA' } });
    await h.eventually('another bundle', () => bundle() !== before);
    await h.quiet();
    const pem = Buffer.from(bundle(), 'base64').toString();
    assert.equal(pem.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.equal(leaf(), oldLeaf, 'what the old authority issued is good until everybody trusts the new one');
    const mutating = h.find(kinds.MUTATING, 'kubewarden-controller-mutating-webhook-configuration');
    assert.ok(mutating?.['webhooks'].every((one: Loose) => one.clientConfig.caBundle === bundle()));
  });

  test('leaves nothing behind that needs it', async (t) => {
    const h = await withActivePolicy(t);
    await h.controller.stop();
    const said: string[] = [];
    const log = createControllerLog(
      'warn',
      (line) => said.push(line),
      () => new Date(),
    );
    await cleanUp(h.client, log, h.options);
    assert.match(said.join(''), /goes on running.*"name":"default".*kubectl delete policyserver default/);
    assert.equal(condition(h.find(CAP, 'a'), 'PolicyActive').reason, 'ControllerRemoved');
    assert.equal(h.find(CAP, 'a')?.['status'].policyStatus, 'pending');
    assert.deepEqual(
      [...h.server.store.list(kinds.VALIDATING, undefined), ...h.server.store.list(kinds.MUTATING, undefined)],
      [],
    );
    assert.deepEqual(h.find(CAP, 'a')?.metadata.finalizers ?? [], []);
    assert.deepEqual(h.find(kinds.POLICY_SERVERS, 'default')?.metadata.finalizers ?? [], []);
    const before = h.server.requests.length;
    await cleanUp(h.client, log, h.options);
    assert.ok(h.server.requests.slice(before).every(({ method }) => method === 'GET'));
  });
});

suite('certificates of somebody else', () => {
  const GIVEN = new Map(
    ['kubewarden-ca', 'kubewarden-webhook-server-cert', 'policy-server-default'].map((name) => {
      const { certificatePem, privateKeyPem } = makeAuthority(new Date());
      const data = {
        'ca.crt': base64(certificatePem),
        'tls.crt': base64(certificatePem),
        'tls.key': base64(privateKeyPem),
      };
      return [name, data] as const;
    }),
  );
  for (const source of ['secret', 'cert-manager']) {
    test(`from ${source} are used and never written`, async (t) => {
      const h = await startHarness(t, { certificates: source });
      h.server.define(ISSUERS);
      h.server.define(CERTIFICATES);
      t.after(obedientPod(h));
      h.put(kinds.POLICY_SERVERS, policyServer());
      h.put(CAP, clusterPolicy('a'));
      await h.eventually('a word about it', () => {
        const found = condition(h.find(kinds.POLICY_SERVERS, 'default'), 'CertSecretReconciled');
        return /no certificate yet/.test(found?.message ?? '');
      });
      for (const [name, data] of GIVEN) h.put(kinds.SECRETS, { metadata: { namespace: NAMESPACE, name }, data });
      await h.eventually('active', () => isActive(h));
      for (const [name, data] of GIVEN) assert.deepEqual(h.find(kinds.SECRETS, name)?.['data'], data);
      const asked = h.server.store.list(CERTIFICATES, NAMESPACE).map(({ metadata }) => metadata.name);
      assert.equal(asked.includes('policy-server-default'), source === 'cert-manager');
    });
  }
});

suite('a module of a gate', () => {
  const AUTHZ = kinds.MODULE_RESOURCES.AuthorizationModule;
  const module = {
    metadata: { name: 'm' },
    spec: { module: '/m.wasm', order: 0, policyServer: 'default', timeoutSeconds: 2, failurePolicy: 'Deny' },
  };
  test('reaches its server, and says when it is there', async (t) => {
    const h = await startHarness(t);
    h.put(AUTHZ, module);
    await h.eventually('unscheduled', () => h.find(AUTHZ, 'm')?.['status']?.state === 'unscheduled');
    h.put(kinds.POLICY_SERVERS, policyServer());
    await h.eventually(
      'its file',
      () => h.find(kinds.CONFIG_MAPS, 'policy-server-default')?.['data']['authorization.yml'],
    );
    putPod(h);
    await h.eventually('active', () => h.find(AUTHZ, 'm')?.['status']?.state === 'active');
    putPod(h, { failed: { 'authorization/m': 'no such file' } });
    await h.eventually('failed', () => h.find(AUTHZ, 'm')?.['status']?.state === 'failed');
    assert.match(h.find(AUTHZ, 'm')?.['status'].conditions[0].message, /no such file/);
  });
});
