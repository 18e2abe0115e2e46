import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  encodeModule,
  exported,
  F32,
  F64,
  FUNCREF,
  functionTypeOf,
  I32,
  I64,
  V128,
  type ModuleParts,
} from '../testing/encode.ts';
import { controlMemory, instantiateRewritten, type Running } from '../testing/run.ts';
import { i32, op, type Code } from './assembler.ts';
import { markWritten, type SnapshotMode } from './options.ts';
import { rewrite } from './rewrite.ts';

const NOTHING = functionTypeOf([], []);

function run(parts: ModuleParts, snapshot: SnapshotMode): Running {
  const result = rewrite(encodeModule(parts), { interrupt: false, maxPages: 16, snapshot });
  return instantiateRewritten(result, {}, controlMemory());
}

function call(running: Running, name: string, ...args: number[]): unknown {
  return (running.exports[name] as (...args: number[]) => unknown)(...args);
}

const STORES: readonly (readonly [title: string, bytes: number, code: Code])[] = [
  ['i32.store8', 1, [i32(-1), 0x3a, 0, 0]],
  ['i32.store16', 2, [i32(-1), 0x3b, 0, 0]],
  ['i32.store', 4, [i32(-1), 0x36, 0, 0]],
  ['i64.store8', 1, [0x42, 0x7f, 0x3c, 0, 0]],
  ['i64.store16', 2, [0x42, 0x7f, 0x3d, 0, 0]],
  ['i64.store32', 4, [0x42, 0x7f, 0x3e, 0, 0]],
  ['i64.store', 8, [0x42, 0x7f, 0x37, 0, 0]],
  ['f32.store', 4, [0x43, 1, 1, 1, 1, 0x38, 0, 0]],
  ['f64.store', 8, [0x44, 1, 1, 1, 1, 1, 1, 1, 1, 0x39, 0, 0]],
  ['v128.store', 16, [i32(-1), op(0xfd011), op(0xfd00b), 0, 0]],
  ...([1, 2, 4, 8] as const).map(
    (bytes, power) =>
      [`v128.store${bytes * 8}_lane`, bytes, [i32(-1), op(0xfd011), op(0xfd058 + power), 0, 0, 0]] as const,
  ),
];

suite('a store is undone wherever it crosses a page', () => {
  for (const [title, bytes, code] of STORES) {
    test(title, () => {
      const running = run(
        {
          types: [functionTypeOf([I32], []), functionTypeOf([I32], [I32])],
          functions: [
            { type: 0, code: [0x20, 0, code] },
            { type: 1, code: [0x20, 0, 0x40, 0] },
          ],
          memories: [[0, 1]],
          exports: [exported('store', 'function', 0), exported('grow', 'function', 1)],
          data: [[0, i32(4080), 0x0b, 32, Array.from({ length: 32 }, (_, index) => index + 1)]],
        },
        'dirty-map',
      );
      call(running, 'ostiary.save');
      call(running, 'grow', 1);
      const zero = Buffer.from(new Uint8Array(running.memory.buffer));
      // Around a page inside the snapshot, around its end, and around a page of what has grown.
      for (const boundary of [4096, 65_536, 69_632]) {
        for (let before = 1; before <= bytes; before++) {
          call(running, 'store', boundary - before);
          assert.ok(!zero.equals(new Uint8Array(running.memory.buffer)), 'the store is seen');
          call(running, 'ostiary.restore');
          assert.ok(zero.equals(new Uint8Array(running.memory.buffer)), `${before} bytes before ${boundary}`);
        }
      }
    });
  }
});

suite("what can't be put back spends the instance", () => {
  const cases: readonly (readonly [title: string, code: Code])[] = [
    ['table.set', [i32(0), 0xd0, FUNCREF, 0x26, 0]],
    ['table.init', [i32(0), i32(0), i32(0), op(0xfc00c, 0, 0)]],
    ['table.copy', [i32(0), i32(0), i32(0), op(0xfc00e, 0, 0)]],
    ['table.grow', [0xd0, FUNCREF, i32(0), op(0xfc00f, 0), 0x1a]],
    ['table.fill', [i32(0), 0xd0, FUNCREF, i32(0), op(0xfc011, 0)]],
    ['elem.drop', op(0xfc00d, 0)],
    ['data.drop', op(0xfc009, 0)],
  ];
  for (const [title, code] of cases) {
    test(title, () => {
      const running = run(
        {
          types: [NOTHING],
          functions: [{ type: 0, code }],
          tables: [[FUNCREF, 0, 1]],
          memories: [[0, 1]],
          exports: [exported('f', 'function', 0)],
          elements: [[1, 0, 1, 0]],
          data: [[1, 1, 7]],
        },
        'globals',
      );
      call(running, 'f');
      call(running, 'ostiary.save');
      assert.equal(call(running, 'ostiary.restore'), 0, 'what was before the snapshot belongs to it');
      call(running, 'f');
      assert.equal(call(running, 'ostiary.restore'), 1);
      assert.equal(call(running, 'ostiary.restore'), 1, 'spent for good');
    });
  }
});

test("globals of every type are put back, also references that can't be null", () => {
  const types: readonly (readonly [type: Code, first: Code, second: Code])[] = [
    [[I32], i32(1), i32(2)],
    [[I64], [0x42, 1], [0x42, 2]],
    [[F32], [0x43, 0, 0, 0, 1], [0x43, 0, 0, 0, 2]],
    [[F64], [0x44, 0, 0, 0, 0, 0, 0, 0, 1], [0x44, 0, 0, 0, 0, 0, 0, 0, 2]],
    [[V128], op(0xfd00c, [1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]), [i32(0), op(0xfd011)]],
    [[FUNCREF], [0xd2, 1], [0xd0, FUNCREF]],
    [
      [0x64, 0],
      [0xd2, 1],
      [0xd2, 0],
    ],
    [
      [0x63, 0],
      [0xd2, 1],
      [0xd0, 0],
    ],
    [
      [0x64, 0x6c],
      [i32(1), op(0xfb01c)],
      [i32(2), op(0xfb01c)],
    ],
    [[0x72], [0xd0, 0x72], [0xd0, 0x72]],
  ];
  const probes: Code = [
    [0x23, 0, 0x23, 1, 0xa7, 0x6a, 0x23, 2, 0xbc, 0x6a, 0x23, 3, 0xbd, 0xa7, 0x6a, 0x23, 4, op(0xfd053), 0x6a],
    [0x23, 5, 0xd1, 0x6a, 0x23, 7, 0xd1, 0x6a, 0x23, 8, op(0xfb01d), 0x6a],
  ];
  const running = run(
    {
      types: [NOTHING, functionTypeOf([], [I32])],
      functions: [
        { type: 0, code: types.map(([, , second], index) => [second, 0x24, index]) },
        { type: 0, code: [0x23, 6, i32(5), 0x24, 0, 0x1a] },
        { type: 1, code: probes },
      ],
      globals: types.map(([type, first]) => [type, 1, first, 0x0b]),
      exports: [exported('f', 'function', 0), exported('g', 'function', 1), exported('probe', 'function', 2)],
    },
    'globals',
  );
  const before = call(running, 'probe');
  call(running, 'ostiary.save');
  call(running, 'f');
  assert.notEqual(call(running, 'probe'), before);
  assert.equal(call(running, 'ostiary.restore'), 0);
  assert.equal(call(running, 'probe'), before);
});

test('what the host marks is put back as well', () => {
  const running = run({ memories: [[0, 2]] }, 'dirty-map');
  call(running, 'ostiary.save');
  const bytes = new Uint8Array(running.memory.buffer);
  const map = new Uint8Array((running.exports['ostiary.shadow'] as WebAssembly.Memory).buffer);
  for (const [start, length] of [
    [0, 1],
    [4095, 2],
    [10, 20_000],
    [131_071, 1],
    [70_000, 0],
  ] as const) {
    bytes.fill(7, start, start + length);
    markWritten(map, start, length);
    call(running, 'ostiary.restore');
    assert.ok(bytes.every((byte) => byte === 0));
  }
});

test('the pages that a guest has are those of the snapshot again, and growing again finds zeros', () => {
  const running = run(
    {
      types: [functionTypeOf([], [I32])],
      functions: [
        { type: 0, code: [i32(3), 0x40, 0, 0x1a, i32(200_000), 0x28, 0, 0, i32(200_000), i32(7), 0x36, 0, 0] },
        { type: 0, code: [0x3f, 0] },
      ],
      memories: [[0, 1]],
      exports: [exported('f', 'function', 0), exported('size', 'function', 1)],
    },
    'dirty-map',
  );
  call(running, 'ostiary.save');
  for (let round = 0; round < 20; round++) {
    assert.equal(call(running, 'f'), 0);
    assert.equal(call(running, 'size'), 4);
    assert.equal(call(running, 'ostiary.restore'), 0);
    assert.equal(call(running, 'size'), 1);
  }
  assert.equal(running.memory.buffer.byteLength, 4 * 65_536);
});
