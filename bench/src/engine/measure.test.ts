import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measure, type Plan } from './measure.ts';
import type { Peer } from './peer.ts';

const PLAN: Plan = { warmCalls: 100, warmMs: 50, rounds: 3, roundMs: 10 };

/** A host whose calls always take as long; notes whom it ran after whom. */
function steadyPeer(name: string, micros: number, log: [string, number][]): Peer {
  return {
    readyMs: 0,
    answer: new Uint8Array(),
    run: async (calls) => {
      log.push([name, calls]);
      return { wallMicros: calls * micros, cpuMicros: calls * micros * 2 };
    },
    close: () => undefined,
  };
}

test('variants are warmed, then take turns in rounds of equal length', async () => {
  const log: [string, number][] = [];
  const results = await measure([steadyPeer('fast', 10, log), steadyPeer('slow', 5000, log)], PLAN);
  assert.deepEqual(results, [
    { us: 10, usMin: 10, cpuUs: 20, cpuUsMin: 20, callsPerSecond: 100_000 },
    { us: 5000, usMin: 5000, cpuUs: 10_000, cpuUsMin: 10_000, callsPerSecond: 200 },
  ]);
  const rounds = log.slice(-6);
  assert.deepEqual(rounds, [
    ['fast', 1000],
    ['slow', 2],
    ['slow', 2],
    ['fast', 1000],
    ['fast', 1000],
    ['slow', 2],
  ]);
});

test('warming ends with its calls or its time, whichever comes first', async () => {
  const log: [string, number][] = [];
  await measure([steadyPeer('fast', 10, log), steadyPeer('slow', 5000, log)], PLAN);
  const warmed = (name: string): number =>
    log.slice(0, -6).reduce((sum, [who, calls]) => (who === name ? sum + calls : sum), 0);
  assert.equal(warmed('fast'), 100);
  assert.ok(warmed('slow') >= 10 && warmed('slow') <= 14, String(warmed('slow')));
});
