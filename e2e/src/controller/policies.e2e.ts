import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MODULE, NAMESPACE, startStack, type Loose, type Stack } from './stack.ts';

let stack: Stack;

before(async () => {
  stack = await startStack();
  await stack.startController();
});

after(async () => {
  await stack?.stop();
});

const GROUP = 'policies.kubewarden.io/v1';
const RULES = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }];
const denies = (annotation: string): object => ({ denied_annotations: [annotation] });
const only = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } };

const SINGLE = { module: MODULE, mutating: false, rules: RULES, settings: denies('bad') };
const GROUPED = {
  rules: RULES,
  policies: { one: { module: MODULE, settings: denies('bad') }, two: { module: MODULE, settings: denies('worse') } },
  expression: 'one() && two()',
  message: 'the group says no',
};

const KINDS = [
  ['ClusterAdmissionPolicy', 'clusteradmissionpolicies', { ...SINGLE, ...only }, undefined, 'kw.cap.p'],
  ['AdmissionPolicy', 'admissionpolicies', SINGLE, 'shop', 'kw.ap.shop.p'],
  ['ClusterAdmissionPolicyGroup', 'clusteradmissionpolicygroups', { ...GROUPED, ...only }, undefined, 'kw.capg.p'],
  ['AdmissionPolicyGroup', 'admissionpolicygroups', GROUPED, 'shop', 'kw.apg.shop.p'],
] as const;

function pathOf(plural: string, namespace: string | undefined, name: string): string {
  return `/apis/${GROUP}/${namespace === undefined ? '' : `namespaces/${namespace}/`}${plural}/${name}`;
}

function configMap(name: string, annotations: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop', annotations } };
}

test('a policy waits for its server, whose pods come up and serve it', async () => {
  const [kind, plural, spec] = KINDS[0];
  await stack.kubectl(['apply', '-f', '-'], { apiVersion: GROUP, kind, metadata: { name: 'p' }, spec });
  await stack.eventually('scheduled', async () => {
    const found = await stack.find(pathOf(plural, undefined, 'p'));
    return found?.status?.policyStatus === 'scheduled';
  });
  await stack.kubectl(['apply', '-f', '-'], {
    apiVersion: GROUP,
    kind: 'PolicyServer',
    metadata: { name: 'default' },
    spec: { image: 'ghcr.io/ostiary/ostiary:v1', replicas: 1 },
  });
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=60s', 'cap/p']);
  await stack.kubectl(['delete', 'cap', 'p', '--timeout=20s']);
});

for (const [kind, plural, spec, namespace, id] of KINDS) {
  test(`${kind}: enforced by the API server, mended, and gone`, async () => {
    const metadata = { name: 'p', ...(namespace === undefined ? {} : { namespace }) };
    await stack.kubectl(['apply', '-f', '-'], { apiVersion: GROUP, kind, metadata, spec });
    const active = await stack.eventually('active', async () => {
      const found = await stack.find(pathOf(plural, namespace, 'p'));
      return found?.status?.policyStatus === 'active' ? found : undefined;
    });
    assert.equal(active.status.mode, 'protect');
    const denied = await refusal(stack, 'bad');
    assert.match(denied, /not allowed: bad|the group says no/);
    await stack.kubectl(['apply', '-f', '-'], configMap('good', { fine: 'yes' }));

    const path = `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${id}`;
    const before = await stack.find(path);
    for (const tampering of [
      [{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: 'AAAA' }],
      [{ op: 'replace', path: '/webhooks/0/clientConfig/service/name', value: 'elsewhere' }],
      [{ op: 'add', path: '/webhooks/0/matchConditions', value: [{ name: 'never', expression: 'false' }] }],
      [
        { op: 'remove', path: '/metadata/labels' },
        { op: 'remove', path: '/metadata/annotations' },
      ],
    ]) {
      const patch = JSON.stringify(tampering);
      const { code } = await stack.tryKubectl([
        'patch',
        'validatingwebhookconfiguration',
        id,
        '--type=json',
        '-p',
        patch,
      ]);
      if (code !== 0) continue;
      await stack.eventually(`${patch} to be undone`, async () => {
        const found = await stack.find(path);
        return (
          JSON.stringify([found?.webhooks, found?.metadata.labels, found?.metadata.annotations]) ===
          JSON.stringify([before.webhooks, before.metadata.labels, before.metadata.annotations])
        );
      });
    }
    await stack.kubectl([
      'delete',
      plural,
      'p',
      ...(namespace === undefined ? [] : ['-n', namespace]),
      '--timeout=20s',
    ]);
    assert.equal(await stack.find(path), undefined);
    await stack.eventually(
      'allowed again',
      async () => (await stack.tryKubectl(['apply', '-f', '-'], configMap('free', { bad: 'x' }))).code === 0,
    );
    await stack.kubectl(['delete', 'configmap', 'good', 'free', '-n', 'shop', '--ignore-not-found']);
  });
}

test('a new version that can not serve leaves the old one in force, and says why', async () => {
  const spec = { ...SINGLE, ...only };
  const cap = (settings: object): object => ({
    apiVersion: GROUP,
    kind: 'ClusterAdmissionPolicy',
    metadata: { name: 'p' },
    spec: { ...spec, settings },
  });
  await stack.kubectl(['apply', '-f', '-'], cap(denies('bad')));
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=60s', 'cap/p']);
  const [pod] = stack.kubelet.pods().keys();
  await stack.kubectl(['apply', '-f', '-'], cap({ nonsense: true }));
  const failed = await stack.eventually('a reason', async () => {
    const found = await stack.find(pathOf('clusteradmissionpolicies', undefined, 'p'));
    return found?.status?.conditions?.find(
      (one: { type: string; reason: string }) => one.type === 'PolicyActive' && one.reason === 'PolicyFailed',
    );
  });
  assert.match(failed.message, /unknown setting nonsense/);
  assert.match(await refusal(stack, 'bad'), /not allowed: bad/);
  await stack.kubectl(['apply', '-f', '-'], cap(denies('worse')));
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=60s', 'cap/p']);
  assert.match(await refusal(stack, 'worse'), /not allowed: worse/);
  assert.deepEqual([...stack.kubelet.pods().keys()], [pod], 'no pod was replaced for any of this');
  await stack.kubectl(['delete', 'cap', 'p', '--timeout=20s']);
});

test('what was delivered before is in the revisions, to go back to', async () => {
  const path = pathOf('clusteradmissionpolicies', undefined, 'p');
  const cap = { apiVersion: GROUP, kind: 'ClusterAdmissionPolicy', metadata: { name: 'p' } };
  for (const annotation of ['bad', 'worse']) {
    await stack.kubectl(['apply', '-f', '-'], { ...cap, spec: { ...SINGLE, ...only, settings: denies(annotation) } });
    await stack.eventually(`${annotation} to be refused`, async () => (await refusal(stack, annotation)) !== undefined);
  }
  const args = ['get', 'controllerrevisions', '-n', NAMESPACE, '-l', 'kubewarden/policy-server=default'];
  const { items } = JSON.parse(await stack.kubectl([...args, '--sort-by=.revision', '-o', 'json']));
  const delivered: Loose[] = items.map((one: Loose) => one.data.policies['kw.cap.p']);
  assert.deepEqual(delivered.at(-1).settings, denies('worse'));
  const { module, settings } = delivered.findLast((one) => one?.settings.denied_annotations.includes('bad'));
  const back = [
    { op: 'add', path: '/spec/module', value: module },
    { op: 'add', path: '/spec/settings', value: settings },
  ];
  await stack.kubectl(['patch', 'cap', 'p', '--type=json', '-p', JSON.stringify(back)]);
  await stack.eventually('the earlier version', async () => {
    const found = await stack.find(path);
    return found.status.observedGeneration === found.metadata.generation && found.status.policyStatus === 'active';
  });
  assert.match(await refusal(stack, 'bad'), /not allowed: bad/);
  await stack.kubectl(['delete', 'cap', 'p', '--timeout=20s']);
});

test('the webhooks of the controller refuse what can not work', async () => {
  const { code, text } = await stack.tryKubectl(['apply', '-f', '-'], {
    apiVersion: GROUP,
    kind: 'AdmissionPolicy',
    metadata: { name: 'x', namespace: 'shop' },
    spec: { ...SINGLE, matchConditions: [{ name: 'a', expression: '1 + 1' }] },
  });
  assert.notEqual(code, 0);
  assert.match(text, /matchConditions\[0\]/);
});

test('a server goes when no webhook leads to it, and its policies wait for another', async () => {
  const [kind, plural, spec] = KINDS[0];
  await stack.kubectl(['apply', '-f', '-'], { apiVersion: GROUP, kind, metadata: { name: 'q' }, spec });
  await stack.kubectl(['wait', '--for=condition=PolicyActive', '--timeout=60s', 'cap/q']);
  await stack.kubectl(['delete', 'policyserver', 'default', '--timeout=30s']);
  const waiting = await stack.find(pathOf(plural, undefined, 'q'));
  assert.equal(waiting.status.policyStatus, 'scheduled');
  assert.equal(waiting.metadata.finalizers, undefined);
  await stack.eventually('its objects to be collected', async () => {
    const left = await stack.find(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments/policy-server-default`);
    return left === undefined;
  });
  await stack.kubectl(['delete', 'cap', 'q', '--timeout=20s']);
});

/** Waits until the API server refuses a ConfigMap with this annotation, and answers with what it says. */
async function refusal({ eventually, tryKubectl }: Stack, annotation: string): Promise<string> {
  return eventually(`a refusal of ${annotation}`, async () => {
    const { code, text } = await tryKubectl(['apply', '-f', '-'], configMap('evil', { [annotation]: 'x' }));
    if (code === 0) await tryKubectl(['delete', 'configmap', 'evil', '-n', 'shop', '--ignore-not-found']);
    return code === 0 ? undefined : text;
  });
}
