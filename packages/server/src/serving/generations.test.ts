import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Generation } from './generation.ts';
import { Generations } from './generations.ts';

function generation(number: number): Generation {
  const off = { authentication: undefined, authorization: undefined, admission: undefined };
  return { number, ...off, debugged: new Set(), policies: undefined, runners: new Map() };
}

function started(): { readonly generations: Generations; readonly released: number[] } {
  const released: number[] = [];
  return { generations: new Generations(generation(1), (number) => void released.push(number)), released };
}

test('a request keeps the generation it started with, which is released after it', () => {
  const { generations, released } = started();
  const lease = generations.acquire();
  generations.prepare(generation(2));
  assert.equal(generations.acquire().generation.number, 1, 'prepared is not active');
  generations.activate(2);
  assert.equal(generations.acquire().generation.number, 2);
  assert.equal(lease.generation.number, 1);
  assert.deepEqual(released, [], 'two requests still use it');
  lease.release();
  assert.deepEqual(released, []);
});

test('a generation without requests is released as soon as it is replaced, once', () => {
  const { generations, released } = started();
  generations.prepare(generation(2));
  generations.activate(2);
  generations.activate(2);
  assert.deepEqual(released, [1]);
  assert.equal(generations.has(1), false);
  generations.prepare(generation(3));
  generations.activate(3);
  assert.deepEqual(released, [1, 2]);
});

test('an unknown generation is not activated', () => {
  const { generations, released } = started();
  generations.activate(7);
  assert.equal(generations.acquire().generation.number, 1);
  assert.deepEqual(released, []);
});

test('releases in any order', () => {
  const { generations, released } = started();
  const leases = [generations.acquire(), generations.acquire(), generations.acquire()];
  generations.prepare(generation(2));
  generations.activate(2);
  for (const [index, lease] of leases.toReversed().entries()) {
    lease.release();
    assert.deepEqual(released, index === 2 ? [1] : []);
  }
});
