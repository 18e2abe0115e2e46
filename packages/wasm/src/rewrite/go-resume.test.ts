import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { encodeModule, exported, FUNCREF, functionTypeOf, I32, I64, imported } from '../testing/encode.ts';
import { controlMemory, instantiateRewritten } from '../testing/run.ts';
import { i32, unsigned, type Code } from './assembler.ts';
import type { SnapshotMode } from './options.ts';
import { rewrite } from './rewrite.ts';

const FD_READ = 0;
const ANSWER = 1;
const RUNTIME = 2;
const LOOP = 3;
const READER = 4;
const START = 5;
/** Go's tables start at this index. */
const TABLE = 4096;

/** `SP -= 8; memory[SP] = counter`, as Go does before a call. */
function push(block: number): Code {
  const counter = [0x42, ...unsigned(((TABLE + RUNTIME - 2) << 16) | block)];
  return [0x23, 0, i32(8), 0x6b, 0x24, 0, 0x23, 0, counter, 0x37, 0, 0];
}

/**
 * The main program, in the way Go compiles one: block 0 counts the starts in memory and reads; block 1, where the loop
 * goes on after a resumed read, answers what was read times a hundred and the number of starts.
 */
const MAIN: Code = [
  [0x20, 0, 0x45, 0x04, 0x40],
  [i32(64), i32(64), 0x28, 2, 0, i32(1), 0x6a, 0x36, 2, 0],
  [push(1), i32(0), 0x10, READER, 0x04, 0x40, i32(1), 0x0f, 0x0b],
  0x0b,
  [i32(80), 0x28, 2, 0, i32(100), 0x6c, i32(64), 0x28, 2, 0, 0x6a, 0x10, ANSWER],
  [i32(1), 0x24, 7, i32(0)],
];

const LOAD_FUNCTION_16: Code = [0x2f, 1, 2];
const LOAD_FUNCTION_32: Code = [0x28, 2, 2];

function loopCode(load: Code): Code {
  return [
    [0x23, 7, 0x45, 0x04, 0x40, 0x03, 0x40, 0x23, 0, i32(8), 0x6b, 0x2f, 1, 0, 0x23, 0, i32(8), 0x6b, load],
    [0x11, 0, 0, 0x1a, 0x23, 7, 0x45, 0x0d, 0, 0x0b, 0x0b, i32(0), 0x24, 7, 0x0f, 0x00],
  ];
}

const READER_CODE: Code = [
  [0x23, 0, 0x21, 1, 0x20, 1, 0x28, 2, 8, 0x20, 1, 0x29, 3, 16, 0xa7, i32(1), i32(92), 0x10, FD_READ, 0x1a],
  [0x23, 0, i32(8), 0x6a, 0x24, 0, i32(0), 0x0f, 0x00],
];
const START_CODE: Code = [0x42, 0x80, 0x04, 0xa7, 0x24, 0, i32(0), 0x10, RUNTIME, 0x1a, 0x10, LOOP, 0x0f, 0x00];

interface Variant {
  readonly loop?: Code;
  readonly reader?: Code;
  readonly start?: Code;
  readonly elements?: readonly Code[];
  readonly readModule?: string;
}

function command(variant: Variant = {}): Uint8Array {
  return encodeModule({
    types: [
      functionTypeOf([I32], [I32]),
      functionTypeOf([], []),
      functionTypeOf([I32, I32, I32, I32], [I32]),
      functionTypeOf([I32], []),
    ],
    imports: [
      imported(variant.readModule ?? 'wasi_snapshot_preview1', 'fd_read', [0, 2]),
      imported('env', 'answer', [0, 3]),
    ],
    functions: [
      { type: 0, code: MAIN },
      { type: 1, code: variant.loop ?? loopCode(LOAD_FUNCTION_32) },
      { type: 0, locals: [[1, I32]], code: variant.reader ?? READER_CODE },
      { type: 1, code: variant.start ?? START_CODE },
    ],
    tables: [[FUNCREF, 0, ...unsigned(TABLE + 3)]],
    memories: [[0, 1]],
    globals: [I32, I64, I64, I64, I64, I64, I64, I32].map((type) => [type, 1, type === I32 ? i32(0) : [0x42, 0], 0x0b]),
    exports: [exported('_start', 'function', START)],
    elements: variant.elements ?? [[0, i32(TABLE), 0x0b, 3, RUNTIME, LOOP, READER]],
  });
}

function resumable(bytes: Uint8Array, snapshot: SnapshotMode = 'globals'): boolean {
  assert.ok(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>), 'the test module is valid');
  return rewrite(bytes, { interrupt: true, maxPages: 4, snapshot }).info.resumable;
}

suite('a Go command goes on at its first read of stdin', () => {
  for (const snapshot of ['globals', 'dirty-map'] as const) {
    for (const [title, load] of [
      ['up to 1.24', LOAD_FUNCTION_16],
      ['since 1.25', LOAD_FUNCTION_32],
    ] as const) {
      test(`${title}: snapshot ${snapshot}`, () => {
        const result = rewrite(command({ loop: loopCode(load) }), { interrupt: true, maxPages: 4, snapshot });
        const firstRead = new Error('the first read');
        let input: number | undefined;
        const answers: number[] = [];
        const running = instantiateRewritten(
          result,
          {
            wasi_snapshot_preview1: {
              fd_read() {
                if (input === undefined) throw firstRead;
                new DataView(running.memory.buffer).setInt32(80, input, true);
                return 0;
              },
            },
            env: { answer: (value: number) => void answers.push(value) },
          },
          controlMemory(),
        );
        const call = (name: string): unknown => (running.exports[name] as () => unknown)();
        assert.throws(() => call('_start'), firstRead);
        call('ostiary.park');
        call('ostiary.save');
        for (input = 1; input <= 5; input++) {
          call('ostiary.resume');
          assert.equal(call('ostiary.restore'), 0);
        }
        // Each read gets what it asks for, and none sees a second start.
        assert.deepEqual(answers, [101, 201, 301, 401, 501]);
      });
    }
  }
});

suite('anything else runs from _start', () => {
  const cases: readonly (readonly [title: string, variant: Variant])[] = [
    ['another read', { readModule: 'env' }],
    ['a loop of another form', { loop: [loopCode(LOAD_FUNCTION_32), 0x01] }],
    ['a loop that reads the function elsewhere', { loop: loopCode([0x28, 2, 4]) }],
    ['a start that does more', { start: [0x01, START_CODE] }],
    [
      'a start that sets another global',
      { start: [0x42, 0, 0xa7, 0x24, 7, i32(0), 0x10, RUNTIME, 0x1a, 0x10, LOOP, 0x0f, 0x00] },
    ],
    ['a reader that writes before it reads', { reader: [i32(0), i32(1), 0x36, 2, 0, READER_CODE] }],
    ['a reader that moves the stack before it reads', { reader: [0x23, 0, 0x24, 0, READER_CODE] }],
    ['a reader that looks at the block', { reader: [0x20, 0, 0x21, 1, READER_CODE] }],
    ['a reader that branches before it reads', { reader: [i32(0), 0x04, 0x40, 0x0b, READER_CODE] }],
    ['a reader that calls something first', { reader: [i32(0), 0x10, ANSWER, READER_CODE] }],
    [
      'a reader that is called from elsewhere too',
      { start: START_CODE, loop: [i32(0), i32(0), i32(0), i32(0), 0x10, FD_READ, 0x1a, loopCode(LOAD_FUNCTION_32)] },
    ],
    ['a reader that is not in the table', { elements: [[0, i32(TABLE), 0x0b, 2, RUNTIME, LOOP]] }],
    [
      'a table of several segments',
      {
        elements: [
          [0, i32(TABLE), 0x0b, 3, RUNTIME, LOOP, READER],
          [0, i32(0), 0x0b, 0],
        ],
      },
    ],
  ];

  test('the module that the cases vary is resumable, with a snapshot', () => {
    assert.equal(resumable(command()), true);
    assert.equal(resumable(command(), 'none'), false);
  });

  for (const [title, variant] of cases) {
    test(title, () => assert.equal(resumable(command(variant)), false));
  }
});
