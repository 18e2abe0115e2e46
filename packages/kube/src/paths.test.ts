import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verbOf } from './client/verb.ts';
import { parseApiVersion, apiVersionOf, resource, resourcePath } from './paths.ts';

const PODS = resource('v1', 'Pod', 'pods');
const NODES = resource('v1', 'Node', 'nodes', { namespaced: false });
const WIDGETS = resource('example.com/v1', 'Widget', 'widgets');

test('paths of collections, objects and subresources', () => {
  assert.equal(resourcePath(PODS), '/api/v1/pods');
  assert.equal(resourcePath(PODS, { namespace: '' }), '/api/v1/pods');
  assert.equal(
    resourcePath(PODS, { namespace: 'n', name: 'p', subresource: 'status' }),
    '/api/v1/namespaces/n/pods/p/status',
  );
  assert.equal(resourcePath(NODES, { name: 'x' }), '/api/v1/nodes/x');
  assert.equal(resourcePath(WIDGETS, { namespace: 'n' }), '/apis/example.com/v1/namespaces/n/widgets');
  assert.equal(resourcePath(NODES, { name: 'system:x' }), '/api/v1/nodes/system%3Ax');
});

test('names that would lead elsewhere are refused', () => {
  for (const name of ['', '.', '..', 'a/b', 'a%2fb', '../x']) {
    assert.throws(() => resourcePath(NODES, { name }), { code: 'bad-request' }, name);
    if (name !== '') assert.throws(() => resourcePath(PODS, { namespace: name }), { code: 'bad-request' }, name);
  }
  assert.throws(() => resourcePath(NODES, { namespace: 'n' }), { code: 'bad-request' });
  assert.throws(() => resourcePath(PODS, { name: 'p' }), { code: 'bad-request' });
  assert.throws(() => resourcePath(PODS, { namespace: 'n', subresource: 'status' }), { code: 'bad-request' });
});

test('API versions split and join', () => {
  for (const text of ['v1', 'apps/v1']) assert.equal(apiVersionOf(parseApiVersion(text)), text);
});

test('requests are counted by their verb', () => {
  for (const [method, path, watch, verb] of [
    ['GET', '/api/v1/pods', false, 'list'],
    ['GET', '/api/v1/pods', true, 'watch'],
    ['GET', '/api/v1/namespaces/x', false, 'get'],
    ['GET', '/api/v1/namespaces/x/pods', false, 'list'],
    ['GET', '/apis/apps/v1/namespaces/x/deployments/y/scale', false, 'get'],
    ['DELETE', '/apis/apps/v1/namespaces/x/deployments', false, 'deletecollection'],
    ['DELETE', '/api/v1/nodes/x', false, 'delete'],
    ['PATCH', '/api/v1/nodes/x', false, 'patch'],
    ['PUT', '/api/v1/nodes/x', false, 'update'],
    ['POST', '/api/v1/nodes', false, 'create'],
    ['GET', '/apis', false, 'other'],
    ['GET', '/version', false, 'other'],
  ] as const) {
    assert.equal(verbOf(method, path, watch), verb, `${method} ${path}`);
  }
});
