import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { systemClock, type Clock } from '../clock.ts';
import { createKubeClient, type KubeClient } from '../client/client.ts';
import { LEASE_RESOURCE, serverAndClient, until } from '../testing/fixtures.ts';
import type { FakeApiServer } from '../testing/fake-api-server.ts';
import { runLeaderElection, type LeaderElectionOptions } from './election.ts';
import type { LeaseSpec } from './lease.ts';

const where = { namespace: 'default', name: 'lease' };
/** A leader is lost after 1 s, its lease after 1.5 s: long enough for a machine that is busy. */
const QUICK = { leaseSeconds: 1.5, renewSeconds: 1, retrySeconds: 0.1 };

function candidate(client: KubeClient, identity: string, options: Partial<LeaderElectionOptions> = {}) {
  const stop = new AbortController();
  const heard: string[] = [];
  const outcome = runLeaderElection({
    client,
    ...where,
    ...QUICK,
    identity,
    signal: stop.signal,
    onStarted: () => void heard.push('starts'),
    onStopped: () => void heard.push('stops'),
    ...options,
  });
  return { heard, outcome, stop: () => stop.abort(), leads: () => heard.at(-1) === 'starts' };
}

const specOf = (server: FakeApiServer): LeaseSpec =>
  (server.store.get(LEASE_RESOURCE, where.namespace, where.name) as { spec?: LeaseSpec }).spec ?? {};

// Most of their time is waiting.
describe('leader election', { concurrency: true }, () => {
  test('one of two leads, and gives the lease back when it is asked to end', async (t) => {
    const { server, client } = await serverAndClient(t);
    const both = [candidate(client, 'a'), candidate(client, 'b')];
    await until(() => both.some(({ leads }) => leads()));
    await sleep(600);
    const leader = both.find(({ leads }) => leads());
    const other = both.find(({ leads }) => !leads());
    assert.ok(leader !== undefined && other !== undefined);
    assert.deepEqual(other.heard, []);
    leader.stop();
    assert.equal(await leader.outcome, 'cancelled');
    assert.deepEqual(leader.heard, ['starts', 'stops']);
    const released = performance.now();
    await until(other.leads);
    assert.ok(performance.now() - released < 1000);
    assert.equal(specOf(server).leaseTransitions, 1);
    other.stop();
    await other.outcome;
    assert.equal(specOf(server).holderIdentity, '');
  });

  for (const skewMs of [-3_600_000, 0, 3_600_000]) {
    test(`a leader that is cut off stops before another starts, with a clock ${skewMs} ms ahead`, async (t) => {
      const { server, client } = await serverAndClient(t);
      const clock: Clock = { ...systemClock, date: () => new Date(Date.now() + skewMs) };
      const a = candidate(client, 'a', { clock });
      await until(a.leads);
      const other = createKubeClient(server.kubeConfig(), { userAgent: 'other' });
      t.after(() => other.close());
      const b = candidate(other, 'b');
      await sleep(500);
      assert.deepEqual(b.heard, []);
      assert.equal(specOf(server).holderIdentity, 'a');
      server.inject({
        match: ({ headers }) => headers['user-agent'] === 'ostiary',
        times: 1000,
        action: { type: 'drop' },
      });
      await until(b.leads);
      assert.deepEqual(a.heard, ['starts', 'stops']);
      assert.equal(await a.outcome, 'lost');
      b.stop();
      await b.outcome;
    });
  }

  test('a server that only hangs also ends the lead in time', async (t) => {
    const { server, client } = await serverAndClient(t);
    const a = candidate(client, 'a');
    await until(a.leads);
    server.inject({ match: () => true, times: 1000, action: { type: 'hang' } });
    const started = performance.now();
    assert.equal(await a.outcome, 'lost');
    assert.ok(performance.now() - started < 1400);
  });

  test('a leader whose process stood still for a minute stops before it asks anything', async (t) => {
    const { server, client } = await serverAndClient(t);
    let frozenMs = 0;
    const a = candidate(client, 'a', { clock: { ...systemClock, now: () => performance.now() + frozenMs } });
    await until(a.leads);
    frozenMs = 60_000;
    const asked = server.requests.length;
    assert.equal(await a.outcome, 'lost');
    // One attempt may have been on its way.
    assert.ok(server.requests.length <= asked + 2);
    assert.equal(specOf(server).holderIdentity, 'a');
  });

  test('a leader that sees another holder stops at once', async (t) => {
    const { server, client } = await serverAndClient(t);
    const a = candidate(client, 'a', { renewSeconds: 20, leaseSeconds: 30 });
    await until(a.leads);
    server.put(LEASE_RESOURCE, {
      ...where,
      metadata: where,
      spec: { holderIdentity: 'thief', leaseDurationSeconds: 30 },
    });
    assert.equal(await a.outcome, 'lost');
    assert.equal(specOf(server).holderIdentity, 'thief');
  });

  test('a lease that names no holder, or lasts no time, is free', async (t) => {
    for (const spec of [undefined, {}, { holderIdentity: '' }, { holderIdentity: 'gone', leaseDurationSeconds: 0 }]) {
      const { server, client } = await serverAndClient(t);
      server.put(LEASE_RESOURCE, { metadata: where, spec });
      const a = candidate(client, 'a');
      await until(a.leads);
      a.stop();
      await a.outcome;
    }
  });

  test('conflicts and failures only delay a candidate', async (t) => {
    const { server, client } = await serverAndClient(t);
    const errors: unknown[] = [];
    for (const [method, status, reason] of [
      ['POST', 409, 'AlreadyExists'],
      ['GET', 500, ''],
      ['POST', 403, 'Forbidden'],
    ] as const) {
      server.inject({ match: (request) => request.method === method, action: { type: 'status', status, reason } });
    }
    const a = candidate(client, 'a', { onError: (error) => errors.push(error) });
    await until(a.leads);
    assert.equal(errors.length, 2);
    a.stop();
    await a.outcome;
  });

  test('what the leader throws ends its lead, and the lease is given back', async (t) => {
    const { server, client } = await serverAndClient(t);
    const a = candidate(client, 'a', { onStarted: () => Promise.reject(new Error('broken')) });
    await assert.rejects(a.outcome, /broken/);
    assert.equal(specOf(server).holderIdentity, '');
  });

  test('a leader that needs time to end keeps its lease until then', async (t) => {
    const { server, client } = await serverAndClient(t);
    let ended = false;
    let started = false;
    const a = candidate(client, 'a', {
      onStarted: async (signal) => {
        started = true;
        while (!signal.aborted) await sleep(5);
        await sleep(2000);
        ended = true;
      },
    });
    await until(() => started);
    const b = candidate(client, 'b');
    a.stop();
    await sleep(1800);
    assert.equal(specOf(server).holderIdentity, 'a');
    assert.deepEqual(b.heard, []);
    await a.outcome;
    assert.ok(ended);
    await until(b.leads);
    b.stop();
    await b.outcome;
  });

  test('times that make no sense are refused', async (t) => {
    const { client } = await serverAndClient(t);
    for (const times of [
      { leaseSeconds: 1, renewSeconds: 1 },
      { renewSeconds: 1, retrySeconds: 1 },
      { retrySeconds: 0 },
      { identity: '' },
    ]) {
      await assert.rejects(candidate(client, 'a', times).outcome, TypeError);
    }
  });
});
