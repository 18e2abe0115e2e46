import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ask, loadExample } from './example.ts';

interface Reviewed {
  readonly status: unknown;
}

suite('magic-authenticator', async () => {
  const module = await loadExample('magic-authenticator');
  const user = { username: 'magic-user', uid: '0', groups: ['magic-group'] };
  const table: [spec: unknown, status: unknown][] = [
    [{ token: 'magic-token' }, { authenticated: true, user }],
    [
      { token: 'magic-token', audiences: ['https://kubernetes.default.svc'] },
      { authenticated: true, user },
    ],
    [{ token: 'magic-token ' }, { authenticated: false }],
    [{ token: 'Magic-Token' }, { authenticated: false }],
    [{ token: '' }, { authenticated: false }],
    [{ token: 7 }, { authenticated: false }],
    [{}, { authenticated: false }],
    [undefined, { authenticated: false }],
  ];
  for (const [spec, status] of table) {
    test(`answers ${JSON.stringify(spec)} with ${JSON.stringify(status)}`, () => {
      const { response, error } = ask<Reviewed>(module, 'authn', { spec });
      assert.equal(error, null);
      assert.deepEqual(response, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status });
    });
  }
});

suite('magic-authorizer', async () => {
  const module = await loadExample('magic-authorizer');
  const configmaps = { verb: 'get', resource: 'configmaps', namespace: 'team-a', name: 'x' };
  const table: [what: string, spec: unknown, allowed: boolean][] = [
    ['configmaps', { groups: ['magic-group'], resourceAttributes: configmaps }, true],
    [
      'configmaps of any API group',
      { groups: ['a', 'magic-group'], resourceAttributes: { ...configmaps, group: 'x' } },
      true,
    ],
    [
      'another resource',
      { groups: ['magic-group'], resourceAttributes: { ...configmaps, resource: 'secrets' } },
      false,
    ],
    ['another group of users', { groups: ['magic'], resourceAttributes: configmaps }, false],
    ['nobody', { resourceAttributes: configmaps }, false],
    ['a path', { groups: ['magic-group'], nonResourceAttributes: { verb: 'get', path: '/configmaps' } }, false],
    ['nothing', undefined, false],
  ];
  for (const [what, spec, allowed] of table) {
    test(`${allowed ? 'allows' : 'has no opinion on'} ${what}`, () => {
      const { response, error } = ask<Reviewed>(module, 'authz', { spec });
      assert.deepEqual([response?.status, error], [{ allowed }, null]);
    });
  }
});

/** An AdmissionReview as the host sends it. */
function review(object: unknown): unknown {
  const request = { uid: 'u-1', operation: 'CREATE', object, oldObject: null, dryRun: false };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
}

function configMap(data: unknown): Record<string, unknown> {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cfg', creationTimestamp: null }, data };
}

interface Admitted {
  readonly response: { uid: string; allowed: boolean; status?: unknown; patchType?: string; patch?: string };
}

suite('magic-validator', async () => {
  const module = await loadExample('magic-validator');
  const rejection = { message: "value 'not-allowed-value' not allowed in configmap" };
  const table: [what: string, object: unknown, allowed: boolean][] = [
    ['an ordinary ConfigMap', configMap({ a: 'b' }), true],
    ['a ConfigMap without data', configMap(undefined), true],
    ['a ConfigMap with null data', configMap(null), true],
    ['the value as a value', configMap({ a: 'not-allowed-value' }), true],
    ['the key', configMap({ a: 'b', 'not-allowed-value': '' }), false],
    ['the key in a Secret', { ...configMap({ 'not-allowed-value': '' }), kind: 'Secret' }, true],
  ];
  for (const [what, object, allowed] of table) {
    test(`${allowed ? 'accepts' : 'rejects'} ${what}`, () => {
      const { response } = ask<Admitted>(module, 'validate', review(object));
      const expected = allowed ? { uid: 'u-1', allowed } : { uid: 'u-1', allowed, status: rejection };
      assert.deepEqual(response?.response, expected);
    });
  }

  test('fails without an object', () => {
    const answer = ask<Admitted>(module, 'validate', review(null));
    assert.deepEqual(answer, { response: null, error: 'no object in admission request' });
  });
});

suite('magic-mutator', async () => {
  const module = await loadExample('magic-mutator');
  const table: [what: string, before: Record<string, unknown>, data: unknown][] = [
    ['adds its value', configMap({ a: 'b' }), { a: 'b', 'magic-value': 'foobar' }],
    ['makes data', configMap(undefined), { 'magic-value': 'foobar' }],
    ['makes data in place of null', configMap(null), { 'magic-value': 'foobar' }],
    ['replaces another value', configMap({ 'magic-value': 'x', z: 'y' }), { 'magic-value': 'foobar', z: 'y' }],
    ['keeps its own value', configMap({ 'magic-value': 'foobar' }), { 'magic-value': 'foobar' }],
    ['keeps unknown fields', { ...configMap({}), immutable: true, future: [{ x: 1.5 }] }, { 'magic-value': 'foobar' }],
  ];
  for (const [what, before, data] of table) {
    test(what, () => {
      const response = ask<Admitted>(module, 'validate', review(before)).response?.response;
      assert.deepEqual([response?.uid, response?.allowed, response?.patchType], ['u-1', true, 'Full']);
      assert.deepEqual(JSON.parse(Buffer.from(response?.patch ?? '', 'base64').toString()), { ...before, data });
    });
  }

  const failures: [what: string, object: unknown, error: string][] = [
    ['without an object', null, 'no object in admission request'],
    ['on another kind', { kind: 'Pod' }, 'the object is no ConfigMap'],
  ];
  for (const [what, object, error] of failures) {
    test(`fails ${what}`, () => {
      assert.deepEqual(ask<Admitted>(module, 'validate', review(object)), { response: null, error });
    });
  }
});
