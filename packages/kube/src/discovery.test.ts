import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from './clock.ts';
import { createDiscovery } from './discovery.ts';
import { resource } from './paths.ts';
import { serverAndClient } from './testing/fixtures.ts';

for (const aggregatedDiscovery of [true, false]) {
  test(`resources are found ${aggregatedDiscovery ? 'in one document' : 'one group at a time'}`, async (t) => {
    const { server, client } = await serverAndClient(t, { aggregatedDiscovery });
    let time = 0;
    const discovery = createDiscovery(client, { clock: { ...systemClock, now: () => time } });
    const widget = await discovery.resourceFor({ apiVersion: 'example.com/v1', kind: 'Widget' });
    assert.deepEqual([widget?.plural, widget?.namespaced, widget?.subresources], ['widgets', true, ['status']]);
    assert.equal((await discovery.resourceFor({ group: '', plural: 'namespaces' }))?.namespaced, false);
    assert.equal(await discovery.resourceFor({ group: '', version: 'v2', plural: 'namespaces' }), undefined);
    const asked = server.requests.length;
    const gadget = { apiVersion: 'example.com/v2', kind: 'Gadget' };
    server.define(resource('example.com/v2', 'Gadget', 'gadgets'));
    // Guests that ask for nonsense don't flood the server.
    for (let index = 0; index < 20; index += 1) assert.equal(await discovery.resourceFor(gadget), undefined);
    assert.equal(server.requests.length, asked);
    time += 11_000;
    const found = await Promise.all([1, 2, 3].map(() => discovery.resourceFor(gadget)));
    assert.deepEqual(
      found.map((one) => one?.plural),
      ['gadgets', 'gadgets', 'gadgets'],
    );
    assert.ok(server.requests.length <= asked * 2 + 1);
  });
}

test('a server that can not be asked is an error, not an unknown resource', async (t) => {
  const { server, client } = await serverAndClient(t);
  let time = 0;
  const discovery = createDiscovery(client, { clock: { ...systemClock, now: () => time } });
  assert.ok((await discovery.all()).length > 0);
  server.inject({ match: () => true, times: 2, action: { type: 'status', status: 500 } });
  time += 11_000;
  await assert.rejects(discovery.resourceFor({ apiVersion: 'x/v1', kind: 'X' }), { code: 'internal' });
  assert.ok(await discovery.resourceFor({ apiVersion: 'v1', kind: 'ConfigMap' }));
});

test('one group that is down hides no other', async (t) => {
  const { server, client } = await serverAndClient(t, { aggregatedDiscovery: false });
  server.inject({ match: ({ path }) => path === '/apis/example.com/v1', action: { type: 'status', status: 503 } });
  const discovery = createDiscovery(client);
  const kinds = new Set((await discovery.all()).map(({ kind }) => kind));
  assert.ok(kinds.has('Lease') && !kinds.has('Widget'));
});

test('documents that make no sense are errors or leave nothing out of place', async (t) => {
  for (const [body, fails] of [
    ['[]', true],
    ['<html>', true],
    [
      '{"kind":"APIGroupDiscoveryList","items":[null,{"versions":[{}, {"version":"v1","resources":[{},{"resource":5}]}]}]}',
      false,
    ],
    ['{"kind":"APIGroupList","groups":"x"}', false],
  ] as const) {
    const { server, client } = await serverAndClient(t);
    server.inject({ match: () => true, times: 9, action: { type: 'answer', body } });
    const all = createDiscovery(client).all();
    if (fails) await assert.rejects(all, { code: 'not-json' });
    else assert.deepEqual(await all, []);
  }
});
