import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionAdapter, globalAdapter, SLOT } from './adapter.ts';

/** `(func (param f32 v128 i64) (result i64 v128 f32) local.get 2 local.get 1 local.get 0)`, exported as `f`. */
const TURN = [
  [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  [0x01, 0x0a, 0x01, 0x60, 3, 0x7d, 0x7b, 0x7e, 3, 0x7e, 0x7b, 0x7d],
  [0x03, 0x02, 0x01, 0x00],
  [0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00],
  [0x0a, 0x0a, 0x01, 0x08, 0x00, 0x20, 2, 0x20, 1, 0x20, 0, 0x0b],
];

function run(module: WebAssembly.Module, entry: WebAssembly.ImportValue, memory: WebAssembly.Memory): void {
  const { exports } = new WebAssembly.Instance(module, { guest: { entry }, io: { memory } });
  (exports['run'] as () => void)();
}

test('a call through an adapter keeps every bit', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const bytes = new Uint8Array(memory.buffer);
  const [nan, vector, long] = [[1, 0, 0xa0, 0x7f], Array.from({ length: 16 }, (_, at) => at), [8, 7, 6, 5, 4, 3, 2, 1]];
  [nan, vector, long].forEach((value, place) => bytes.set(value, place * SLOT));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(TURN.flat())));
  run(
    functionAdapter({ kind: 'function', params: ['f32', 'v128', 'i64'], results: ['i64', 'v128', 'f32'] }),
    exports['f']!,
    memory,
  );
  const results = [long, vector, nan].map(({ length }, place) => [
    ...bytes.subarray(place * SLOT, place * SLOT + length),
  ]);
  assert.deepEqual(results, [long, vector, nan]);
});

test('a global is read as it is', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  run(
    globalAdapter({ value: 'i64', mutable: true }),
    new WebAssembly.Global({ value: 'i64', mutable: true }, 258n),
    memory,
  );
  assert.deepEqual([...new Uint8Array(memory.buffer, 0, 8)], [2, 1, 0, 0, 0, 0, 0, 0]);
});
