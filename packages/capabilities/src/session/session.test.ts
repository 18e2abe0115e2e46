import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostAnswer } from '@ostiary/sandbox';
import { parse } from 'yaml';
import { createLiveBackend } from '../live.ts';
import { apiServer, asking, jsonOf, NAMESPACES, pod, PODS } from '../testing/ask.ts';
import { recordSession } from './record.ts';
import { replaySession } from './replay.ts';

const GET = 'kubernetes/get_resource';
const POD = { api_version: 'v1', kind: 'Pod', name: 'x', namespace: 'a', disable_cache: true };

/** As kwctl has written it, before there were field masks. */
const OLD = `
- type: Exchange
  request: |
    !KubernetesGetResource
    api_version: v1
    kind: Pod
    name: x
    namespace: a
    disable_cache: true
  response:
    type: Success
    payload: '{"spec":{"big":9007199254740993}}'
- type: Exchange
  request: |
    !DNSLookupHost
    host: example.com
  response: { type: Error, message: no such host }
`;

test('answers come in their order, and only for the questions that were recorded', async (t) => {
  const backend = replaySession(OLD);
  const { answered, error } = asking(t, { backend });
  const failed = 'Callback evaluation failure: ';
  assert.match(
    await error('net/v1/dns_lookup_host', '"example.com"'),
    /^Callback evaluation failure: unexpected request: exchange 1 is another one than\n!DNSLookupHost/,
  );
  assert.equal(backend.left(), 2);
  const { answer } = await answered(GET, POD);
  assert.ok(answer.ok);
  assert.equal(new TextDecoder().decode(answer.payload), '{"spec":{"big":9007199254740993}}');
  assert.equal(await error('net/v1/dns_lookup_host', '"example.com"'), `${failed}no such host`);
  assert.equal(await error(GET, POD), `${failed}the session is empty: nothing is left for KubernetesGetResource`);
  assert.equal(backend.left(), 0);
});

test('the gate comes before the session', async (t) => {
  const backend = replaySession(OLD);
  const { error } = asking(t, { backend });
  const grants = { hostCapabilities: ['*'], contextAwareResources: [] };
  assert.match(await error(GET, POD, { grants }), /has not been granted access to Kubernetes v1\/Pod/);
  assert.equal(backend.left(), 2);
});

test('what is recorded can be played back', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('a', 'x', { text: 'ünï\n"quoted": !tag' }));
  const live = createLiveBackend({ kube: async () => server.kubeConfig(), lookUp: async () => ['192.0.2.1'] });
  t.after(() => live.stop());
  const backend = recordSession(live);
  const recording = asking(t, { backend });
  const questions: readonly [string, unknown][] = [
    [GET, POD],
    [GET, { ...POD, name: 'missing' }],
    ['kubernetes/list_resources_all', { api_version: 'v1', kind: 'Pod', field_masks: ['spec.text'] }],
    [
      'kubernetes/list_resources_by_namespace',
      { api_version: 'v1', kind: 'Pod', namespace: 'a', label_selector: 'a=b' },
    ],
    ['net/v1/dns_lookup_host', '"example.com"'],
    ['crypto/v1/is_certificate_trusted', { cert: { encoding: 'Der', data: [1, 2] }, cert_chain: [] }],
    ['oci/v2/verify', { type: 'SigstoreGithubActionsVerify', image: '!!', owner: 'o', annotations: { a: 'b' } }],
  ];
  const answers: HostAnswer[] = [];
  for (const [path, payload] of questions) answers.push((await recording.answered(path, payload)).answer);
  const yaml = backend.session();
  const items = parse(yaml) as { type: string; request: string; response: { type: string } }[];
  assert.deepEqual(
    items.map(({ request }) => request.split('\n')[0]),
    [
      '!KubernetesGetResource',
      '!KubernetesGetResource',
      '!KubernetesListResourceAll',
      '!KubernetesListResourceNamespace',
      '!DNSLookupHost',
      '!CryptoIsCertificateTrusted',
      '!SigstoreGithubActionsVerify',
    ],
  );
  const replaying = asking(t, { backend: replaySession(yaml) });
  for (const [index, [path, payload]] of questions.entries()) {
    const { answer } = await replaying.answered(path, payload);
    const recorded = answers[index];
    assert.ok(recorded);
    assert.equal(answer.ok, recorded.ok);
    if (recorded.ok) assert.deepEqual(jsonOf(answer), jsonOf(recorded));
    else assert.ok(!answer.ok && recorded.error.endsWith(answer.error.replace('Callback evaluation failure: ', '')));
  }
});

test('Rego inventories are recorded and played back too', async (t) => {
  const server = await apiServer(t);
  server.put(PODS, pod('a', 'x'));
  server.put(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
  const live = createLiveBackend({ kube: async () => server.kubeConfig() });
  t.after(() => live.stop());
  const backend = recordSession(live);
  const resources = [{ apiVersion: 'v1', kind: 'Pod' }];
  const { signal } = new AbortController();
  const first = await asking(t, { backend }).capabilities.inventory('opa', resources, 'p', signal);
  assert.partialDeepStrictEqual(jsonOf(first.answer), { pods: { a: { x: { metadata: { name: 'x' } } } } });
  const replaying = asking(t, { backend: replaySession(backend.session()) }).capabilities;
  const second = await replaying.inventory('opa', resources, 'p', signal);
  assert.deepEqual(jsonOf(second.answer), jsonOf(first.answer));
});

test('sessions that can not be read say where', () => {
  const rows: readonly [string, RegExp][] = [
    ['{', /^the session: /],
    ['a: b', /^the session: expected a list$/],
    ['- 1', /^exchange 1: expected a map$/],
    ['- type: Else', /^exchange 1: expected `type: Exchange`$/],
    ['- { type: Exchange, request: 1 }', /^exchange 1: expected `request` to be a text$/],
    ['- { type: Exchange, request: "host: a", response: {} }', /^exchange 1: expected `request` to hold a tagged map$/],
    [
      '- { type: Exchange, request: "!DNSLookupHost {host: a}", response: { type: Else } }',
      /^exchange 1: expected a response/,
    ],
  ];
  for (const [yaml, expected] of rows) assert.throws(() => replaySession(yaml), { code: 'replay', message: expected });
  assert.equal(replaySession('').left(), 0);
});
