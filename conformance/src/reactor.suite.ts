import type { Guest } from '@ostiary/sandbox';
import * as assert from './assert.ts';
import { admissionReview, ask, assertIncludes, envelopeOf, pick, responseOf, UID, type Json } from './conversation.ts';
import { isolation, PROBES, surroundings } from './reactor-host.suite.ts';
import type { Runner } from './runner.ts';
import { callText, type MakeGuest } from './sandbox-host.ts';

/** The modules of one toolchain, as binaries. */
export interface ReactorModules {
  /** Exports `authn`, `authz` and `validate`: test-authn, test-authz, test-admission (contract: fork §9). */
  readonly gates: Uint8Array;
  /** Exports `validate`: test-admission-mut, with the settings of mut-helper. */
  readonly mutator: Uint8Array;
  /** Exports `echo`, `count`, `now`, `surroundings`, `fail`, `exit_zero` and `exit_one`. */
  readonly probe: Uint8Array;
}

const TEST_ANNOTATION = 'puzzle.ch/test-annotation';

/**
 * What every module of the k8s-wasm module specification must do in every host, whatever it was written in: the wire
 * format of contract fork §4, the behaviour of its test modules (§9) and the runtime semantics of §5.1 with their
 * defects mended (a real clock; `_initialize` is called).
 */
export function reactorContract(
  runner: Runner,
  toolchain: string,
  modules: ReactorModules,
  makeGuest: MakeGuest,
): void {
  const { suite } = runner;
  suite(`${toolchain}: the reactor contract`, () => {
    const gates = makeGuest(modules.gates, ['authn', 'authz', 'validate']);
    const mutator = makeGuest(modules.mutator, ['validate']);
    const probe = makeGuest(modules.probe, Object.keys(PROBES));
    suite('authentication', () => authentication(runner, gates));
    suite('authorization', () => authorization(runner, gates));
    suite('admission', () => admission(runner, gates));
    suite('mutation', () => mutation(runner, mutator));
    suite('errors in the envelope', () => envelopeErrors(runner, gates, mutator));
    suite('the host as the guest sees it', () => surroundings(runner, probe));
    suite('isolation', () => isolation(runner, probe, gates));
  });
}

function authentication({ test }: Runner, guest: Guest): void {
  const settings = { token: 'sésame "1"', uid: '7', user: 'jane', groups: ['dev', 'ops'] };
  const table: readonly [string, unknown, Json | undefined, Json][] = [
    ['the default token', 'my-test-token', undefined, authenticated('my-user', '1337', ['system:masters'])],
    ['a wrong token', 'other', undefined, { authenticated: false, error: 'invalid token' }],
    ['an empty token', '', undefined, { authenticated: false, error: 'invalid token' }],
    ['a part of the token', 'my-test-toke', undefined, { authenticated: false, error: 'invalid token' }],
    ['the token of the settings', 'sésame "1"', settings, authenticated('jane', '7', ['dev', 'ops'])],
    [
      'the default token where settings name another',
      'my-test-token',
      settings,
      { authenticated: false, error: 'invalid token' },
    ],
  ];
  for (const [name, token, given, status] of table) {
    test(name, () => {
      const response = ask(guest, 'authn', { spec: { token, audiences: ['a', 'b'] }, status: { user: {} } }, given);
      assert.deepEqual(pick(response, 'apiVersion', 'kind'), ['authentication.k8s.io/v1', 'TokenReview']);
      assertIncludes(response['status'], status);
    });
  }
  test('audiences that were asked for are granted', () => {
    const response = ask(guest, 'authn', { spec: { token: 'my-test-token', audiences: ['a', 'b'] } });
    assertIncludes(response['status'], { audiences: ['a', 'b'] });
  });
  test('escapes in the token mean what they stand for', () => {
    const raw = '{"request":{"spec":{"token":"\\u006dy-test\\u002dtoken"}}}';
    assertIncludes(responseOf(callText(guest, 'authn', raw))['status'], { authenticated: true });
  });
}

function authenticated(username: string, uid: string, groups: string[]): Json {
  return { authenticated: true, user: { username, uid, groups } };
}

function authorization({ test }: Runner, guest: Guest): void {
  const magic = { allow_all: false, magic_group: 'magic', magic_name: 'door' };
  const table: readonly [string, Json, Json | null | undefined, boolean][] = [
    ['no settings allow all', { user: 'jane' }, undefined, true],
    ['null settings are no settings', { user: 'jane' }, null, true],
    ['allow_all', { user: 'jane' }, { allow_all: true }, true],
    ['empty settings leave it to others', { user: 'jane' }, {}, false],
    ['group and name', { groups: ['dev', 'magic'], resourceAttributes: { name: 'door' } }, magic, true],
    ['the name alone', { groups: ['dev'], resourceAttributes: { name: 'door' } }, magic, false],
    ['the group alone', { groups: ['magic'], resourceAttributes: { name: 'wall' } }, magic, false],
    ['no groups at all', { resourceAttributes: { name: 'door' } }, magic, false],
    ['a path', { groups: ['magic'], nonResourceAttributes: { path: '/door', verb: 'get' } }, magic, false],
  ];
  for (const [name, spec, settings, allowed] of table) {
    test(name, () => {
      const response = ask(guest, 'authz', { spec, status: { allowed: false } }, settings);
      assertIncludes(response['status'], { allowed });
    });
  }
}

function admission({ test }: Runner, guest: Guest): void {
  const table: readonly [string, string, string, string, boolean][] = [
    ['a pod named foo in default', 'Pod', 'default', 'foo', true],
    ['a pod of another name in default', 'Pod', 'default', 'bar', false],
    ['a pod of another name elsewhere', 'Pod', 'team-a', 'bar', true],
    ['another kind in default', 'ConfigMap', 'default', 'bar', true],
  ];
  for (const [name, kind, namespace, objectName, allowed] of table) {
    test(name, () => {
      const review = admissionReview({ kind, metadata: { name: objectName, namespace } }, kind, namespace);
      const response = ask(guest, 'validate', review);
      assert.deepEqual(pick(response, 'apiVersion', 'kind'), ['admission.k8s.io/v1', 'AdmissionReview']);
      assertIncludes(response['response'], { uid: UID, allowed });
    });
  }
  test('a deletion, which has no object', () => {
    const response = ask(guest, 'validate', admissionReview(null, 'Pod', 'default'));
    assertIncludes(response['response'], { uid: UID, allowed: true });
  });
  test('an object of 2 MB', () => {
    const data = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`key-${i}`, 'é"\\'.repeat(200)]));
    const object = { kind: 'Pod', metadata: { name: 'bar', namespace: 'default' }, data };
    assertIncludes(ask(guest, 'validate', admissionReview(object, 'Pod', 'default'))['response'], { allowed: false });
  });
}

function mutation({ test }: Runner, guest: Guest): void {
  const mutate = (object: unknown, settings?: Json): Json => {
    const response = ask(guest, 'validate', admissionReview(object, 'Pod', 'default'), settings)['response'];
    assertIncludes(response, { uid: UID, allowed: true, patchType: 'Full' });
    return JSON.parse(patchText(response)) as Json;
  };
  test('an object without annotations gets one', () => {
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { x: [1, null, { y: true }] } };
    assert.deepEqual(mutate(object), { ...object, metadata: { name: 'a', annotations: { [TEST_ANNOTATION]: 'foo' } } });
  });
  test('an object without metadata gets both', () => {
    assert.deepEqual(mutate({ kind: 'Pod' }), { kind: 'Pod', metadata: { annotations: { [TEST_ANNOTATION]: 'foo' } } });
  });
  test('other annotations stay and the same one is replaced', () => {
    const annotations = { [TEST_ANNOTATION]: 'old', keep: 'é "quoted" \\ ' };
    const mutated = mutate({ metadata: { annotations, labels: {} } });
    assert.deepEqual(mutated, { metadata: { annotations: { ...annotations, [TEST_ANNOTATION]: 'foo' }, labels: {} } });
  });
  test('two modules stack', () => {
    const once = mutate({ metadata: {} }, { annotations: { first: '1', both: '1' } });
    const twice = mutate(once, { annotations: { second: '2', both: '2' } });
    assert.deepEqual(twice, { metadata: { annotations: { first: '1', second: '2', both: '2' } } });
  });
  test('unknown fields and numbers of any size survive', () => {
    const object = '{"metadata":{},"future":{"big":12345678901234567890123,"precise":0.10000000000000000001}}';
    const input = JSON.stringify({ request: admissionReview('OBJECT', 'Pod', 'default') }).replace('"OBJECT"', object);
    const patch = patchText(responseOf(callText(guest, 'validate', input))['response']);
    assert.match(patch, /"big":12345678901234567890123\b/);
    assert.match(patch, /"precise":0\.10000000000000000001\b/);
  });
  test('every length of patch is right base64', () => {
    for (const padding of ['', 'x', 'xx', 'xxx']) {
      assert.deepEqual(mutate({ padding }, { annotations: {} })['padding'], padding);
    }
  });
}

function patchText(response: unknown): string {
  const encoded = (response as { patch: string }).patch;
  const binary = atob(encoded);
  assert.equal(btoa(binary), encoded, 'the patch is standard base64 with padding');
  return new TextDecoder().decode(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)));
}

/** A module that can't do its work returns normally and says so. */
function envelopeErrors({ test }: Runner, gates: Guest, mutator: Guest): void {
  const pod = JSON.stringify({ request: admissionReview({ metadata: { name: 'a' } }, 'Pod', 'default') });
  const table: readonly [string, Guest, string, string][] = [
    ['nothing at all', gates, 'authn', ''],
    ['what is not JSON', gates, 'authz', 'token=1'],
    ['a document that is cut off', gates, 'validate', pod.slice(0, -1)],
    ['two documents', gates, 'authn', '{"request":{"spec":{"token":"x"}}} {}'],
    ['no request', gates, 'authz', '{"settings":{}}'],
    ['settings of another type', gates, 'authn', '{"request":{"spec":{"token":"x"}},"settings":{"token":5}}'],
    ['an AdmissionReview without a request', gates, 'validate', '{"request":{"response":{}}}'],
    ['a mutation of no object', mutator, 'validate', JSON.stringify({ request: admissionReview(null, 'Pod', 'x') })],
    ['nesting without end', gates, 'validate', `{"request":${'['.repeat(100_000)}`],
  ];
  for (const [name, guest, operation, input] of table) {
    test(name, () => {
      const envelope = envelopeOf(callText(guest, operation, input));
      assert.equal(envelope['response'], null);
      assert.ok(typeof envelope['error'] === 'string' && envelope['error'] !== '', 'the error has a text');
    });
  }
  test('and the next call is answered again', () => {
    assertIncludes(ask(gates, 'authn', { spec: { token: 'my-test-token' } })['status'], { authenticated: true });
  });
}
