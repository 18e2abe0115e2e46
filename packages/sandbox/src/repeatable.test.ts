import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chachaBlock } from './chacha.ts';
import { newSeed, plainSeed, RepeatableWorld } from './repeatable.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

test('a block of the key stream is that of RFC 8439, appendix A.1', () => {
  for (const [key, counter, start] of [
    [new Uint8Array(32), 0, '76b8e0ada0f13d90405d6ae55386bd28'],
    [new Uint8Array(32), 1, '9f07e7be5551387a98ba977c732d080d'],
    [new Uint8Array(32).fill(1, 31), 1, '3aeb5224ecf849929b9d828db1ced4dd'],
  ] as const) {
    assert.equal(hex(chachaBlock(key, counter).subarray(0, 16)), start);
  }
});

test('random bytes are the same however they are asked for', () => {
  const random = new Uint8Array(32).fill(5);
  const draw = (sizes: readonly number[]): string => {
    const world = new RepeatableWorld({ wallMs: 0, monotonicMs: 0, random });
    return sizes
      .map((size) => {
        const part = new Uint8Array(size);
        world.random(part);
        return hex(part);
      })
      .join('');
  };
  fc.assert(
    fc.property(fc.array(fc.nat(200), { maxLength: 10 }), (sizes) =>
      assert.equal(draw(sizes), draw([sizes.reduce((sum, size) => sum + size, 0)])),
    ),
  );
});

test('clocks start at the seed, move on with each look and with sleep, and never stand still', () => {
  const seed = { wallMs: 1_800_000_000_000, monotonicMs: 50, random: new Uint8Array(32) };
  const world = new RepeatableWorld(seed);
  const first = world.monotonicClock();
  assert.ok(first > 50 && first < 50.01);
  assert.ok(world.monotonicClock() > first);
  world.pass(20);
  assert.ok(world.monotonicClock() >= first + 20);
  assert.ok(world.wallClock() > seed.wallMs + 20 && world.wallClock() < seed.wallMs + 21);
});

test('a seed can be given to another thread, and is drawn anew each time', () => {
  const seed = newSeed();
  assert.deepEqual(structuredClone(plainSeed(seed)), plainSeed(seed));
  const many = Array.from({ length: 1000 }, () => hex(newSeed().random));
  assert.equal(new Set([...many, hex(seed.random), hex(new Uint8Array(32))]).size, 1002);
});
