import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { WasmError, type WasmErrorCode } from '../errors.ts';
import { readModule } from '../read-module.ts';
import {
  encodeModule,
  exported,
  EXTERNREF,
  FUNCREF,
  functionTypeOf,
  I32,
  imported,
  name,
  sized,
  type ModuleParts,
} from '../testing/encode.ts';
import { controlMemory, instantiateRewritten, type Running } from '../testing/run.ts';
import { customSections } from '../binary/sections.ts';
import { i32, unsigned, type Code } from './assembler.ts';
import type { RewriteOptions, Rewritten } from './options.ts';
import { rewrite } from './rewrite.ts';

const NOTHING = functionTypeOf([], []);
const GIVES = functionTypeOf([], [I32]);
const OPTIONS: RewriteOptions = { interrupt: true, maxPages: 16 };

function rewritten(parts: ModuleParts, options: Partial<RewriteOptions> = {}): Rewritten {
  const bytes = encodeModule(parts);
  assert.ok(WebAssembly.validate(bytes), 'the test module is valid');
  const result = rewrite(bytes, { ...OPTIONS, ...options });
  assert.ok(WebAssembly.validate(result.bytes), 'the rewritten module is valid');
  return result;
}

function run(parts: ModuleParts, options: Partial<RewriteOptions> = {}, imports: WebAssembly.Imports = {}): Running {
  return instantiateRewritten(rewritten(parts, options), imports, controlMemory());
}

function refused(code: WasmErrorCode, text: RegExp) {
  return (error: unknown): boolean => error instanceof WasmError && error.code === code && text.test(error.message);
}

const oneFunction = (code: Code, type: Code = NOTHING): ModuleParts => ({
  types: [type],
  functions: [{ type: 0, code }],
  exports: [exported('f', 'function', 0)],
});

suite('refuses, naming the feature', () => {
  const cases: readonly (readonly [title: string, parts: ModuleParts, code: WasmErrorCode, text: RegExp])[] = [
    [
      'two memories',
      {
        memories: [
          [0, 1],
          [0, 1],
        ],
      },
      'unsupported',
      /more than one memory/,
    ],
    [
      'an imported and an own memory',
      { imports: [imported('a', 'b', [2, 0, 1])], memories: [[0, 1]] },
      'unsupported',
      /more than one memory/,
    ],
    ['shared memory', { memories: [[3, 1, 1]] }, 'unsupported', /shared memory/],
    ['64-bit memory', { memories: [[4, 1]] }, 'unsupported', /64-bit memory/],
    [
      'atomic access',
      { ...oneFunction([i32(0), i32(0), 0xfe, 0, 2, 0, 0x1a]), memories: [[0, 1]] },
      'unsupported',
      /atomic/,
    ],
    ['structs', { types: [[0x5f, 0]] }, 'unsupported', /garbage-collected/],
    [
      'exceptions with references',
      { types: [functionTypeOf([EXTERNREF], [])], tags: [[0, 0]] },
      'unsupported',
      /references/,
    ],
    ['imports of the host', { imports: [imported('ostiary', 'x', [3, I32, 0])] }, 'unsupported', /"ostiary"/],
    [
      'exports of the host',
      { memories: [[0, 1]], exports: [exported('ostiary.save', 'memory', 0)] },
      'unsupported',
      /"ostiary\."/,
    ],
    ['too much memory', { memories: [[0, 17]] }, 'limit', /17 pages \(1.0625 MiB\).*16 pages \(1 MiB\)/],
    ['too large a table', { tables: [[FUNCREF, 0, 0x80, 0x80, 0x40]] }, 'limit', /1048576 elements/],
  ];
  for (const [title, parts, code, text] of cases) {
    test(title, () => {
      const bytes = encodeModule(parts);
      assert.ok(WebAssembly.validate(bytes), 'the module is refused for the feature alone');
      assert.throws(() => rewrite(bytes, OPTIONS), refused(code, text));
    });
  }

  test('an invalid module that would be valid with what is added', () => {
    const inOtherMemory = encodeModule({ ...oneFunction([i32(0), 0x28, 0x40, 1, 0, 0x1a]), memories: [[0, 1]] });
    assert.throws(() => rewrite(inOtherMemory, OPTIONS), refused('malformed', /not a valid/));
    const global = encodeModule({ ...oneFunction([0x23, 0, 0x1a]), memories: [[0, 1]] });
    assert.throws(() => rewrite(global, { ...OPTIONS, snapshot: 'globals' }), refused('malformed', /not a valid/));
  });

  test('functions that the engine has no room for afterwards', () => {
    const locals = {
      types: [NOTHING],
      memories: [[0, 1]],
      functions: [{ type: 0, locals: [[unsigned(50_000), I32]], code: [i32(0), i32(0), 0x36, 0, 0] }],
    };
    const large = oneFunction(Array.from({ length: 700_000 }, () => [0x03, 0x40, 0x0b]));
    for (const [parts, text] of [
      [locals, /too many locals/],
      [large, /too large/],
    ] as const) {
      const bytes = encodeModule(parts);
      assert.ok(WebAssembly.validate(bytes));
      assert.throws(() => rewrite(bytes, { ...OPTIONS, snapshot: 'dirty-map' }), refused('unsupported', text));
    }
  });

  test('more mutable globals than can have copies', () => {
    const bytes = encodeModule({ globals: Array.from({ length: 600_000 }, () => [I32, 1, 0x41, 0, 0x0b]) });
    assert.ok(rewrite(bytes, OPTIONS));
    assert.throws(() => rewrite(bytes, { ...OPTIONS, snapshot: 'globals' }), refused('unsupported', /too many/));
  });

  test('a module that is rewritten already', () => {
    const { bytes } = rewritten({ memories: [[0, 1]] });
    assert.throws(() => rewrite(bytes, OPTIONS), refused('unsupported', /"ostiary"|more than one memory/));
  });
});

suite('memory', () => {
  const growing: ModuleParts = {
    types: [functionTypeOf([I32], [I32]), GIVES],
    functions: [
      { type: 0, code: [0x20, 0, 0x40, 0] },
      { type: 1, code: [0x3f, 0] },
    ],
    memories: [[0, 2]],
    exports: [exported('grow', 'function', 0), exported('size', 'function', 1), exported('memory', 'memory', 0)],
  };

  test("that was defined becomes an import of the host, and its export the host's memory", () => {
    const result = rewritten(growing);
    assert.deepEqual(result.memory, { module: 'ostiary', name: 'memory', limits: { initial: 2, maximum: 16 } });
    const running = instantiateRewritten(result, {}, controlMemory());
    assert.equal(running.exports['memory'], running.memory);
  });

  test('that was imported stays so, under the limit', () => {
    const imports = [imported('env', 'f', [0, 0]), imported('env', 'mem', [2, 1, 1, 20])];
    const { memory } = rewritten({ types: [NOTHING], imports });
    assert.deepEqual(memory, { module: 'env', name: 'mem', limits: { initial: 1, maximum: 16 } });
  });

  test('a lower maximum of the module stays', () => {
    assert.equal(rewritten({ memories: [[1, 1, 3]] }).memory?.limits.maximum, 3);
  });

  test('a module without memory gets none', () => {
    const result = rewritten(oneFunction([]), { snapshot: 'dirty-map' });
    assert.equal(result.memory, undefined);
    const running = instantiateRewritten(result, {}, controlMemory());
    (running.exports['ostiary.save'] as () => void)();
    assert.equal((running.exports['ostiary.restore'] as () => number)(), 0);
  });

  for (const snapshot of ['none', 'globals', 'dirty-map'] as const) {
    test(`grows to the limit and no further: snapshot ${snapshot}`, () => {
      const { exports } = run(growing, { snapshot });
      const [grow, size] = [exports['grow'] as (pages: number) => number, exports['size'] as () => number];
      for (const [pages, answer, now] of [
        [0, 2, 2],
        [15, -1, 2],
        [-1, -1, 2],
        [65_536, -1, 2],
        [14, 2, 16],
        [1, -1, 16],
        [0, 16, 16],
      ] as const) {
        assert.equal(grow(pages), answer);
        assert.equal(size(), now);
      }
    });
  }
});

suite('tables', () => {
  const growTable: ModuleParts = {
    types: [functionTypeOf([I32], [I32])],
    functions: [{ type: 0, code: [0xd0, FUNCREF, 0x20, 0, 0xfc, 15, 0] }],
    tables: [
      [FUNCREF, 0, 2],
      [FUNCREF, 1, 1, 5],
      [0x40, 0, FUNCREF, 0, 1, 0xd0, FUNCREF, 0x0b],
    ],
    exports: [exported('grow', 'function', 0)],
  };

  test('share the room that the limit leaves', () => {
    const { bytes } = rewritten(growTable, { maxTableElements: 34 });
    assert.deepEqual(
      readModule(bytes).tables.map((table) => table.maximum),
      [12, 5, 11],
    );
    const grow = run(growTable, { maxTableElements: 34 }).exports['grow'] as (more: number) => number;
    assert.deepEqual([grow(11), grow(10), grow(1)], [-1, 2, -1]);
  });
});

suite('custom sections', () => {
  const functionNames = [1, sized([1, 0, name('f')])];
  const labelNames = [3, sized([1, 0, 1, 0, name('l')])];
  const { bytes } = rewritten({
    ...oneFunction([0x03, 0x40, 0x0b]),
    custom: [
      ['.debug_info', [1]],
      ['metadata.code.branch_hint', [1]],
      ['name', [functionNames, labelNames]],
      ['kept', [1, 2, 3]],
      ['kept', [4]],
    ],
  });

  test('stay, but for those that speak of code by offset', () => {
    assert.deepEqual(
      readModule(bytes).customSections.map((section) => section.name),
      ['name', 'kept', 'kept'],
    );
    assert.deepEqual(
      customSections(bytes, 'kept').map((content) => [...content]),
      [[1, 2, 3], [4]],
    );
  });

  test('names stay, but for those of labels', () => {
    assert.deepEqual([...customSections(bytes, 'name')[0]!], [1, 4, 1, 0, 1, 0x66]);
  });

  test('a broken name section goes', () => {
    const broken = rewritten({ ...oneFunction([]), custom: [['name', [1, 99]]] });
    assert.deepEqual(readModule(broken.bytes).customSections, []);
  });
});

test('keeps the start function and older exceptions', () => {
  const throwCatch: Code = [0x06, 0x40, 0x06, 0x40, 0x08, 0, 0x07, 0, 0x09, 0, 0x0b, 0x19, i32(9), 0x24, 0, 0x0b];
  const delegated: Code = [0x06, 0x40, 0x06, 0x40, 0x08, 0, 0x18, 0, 0x19, 0x23, 0, i32(1), 0x6a, 0x24, 0, 0x0b];
  const { exports } = run({
    types: [NOTHING],
    functions: [{ type: 0, code: [throwCatch, delegated] }],
    tags: [[0, 0]],
    globals: [[I32, 1, i32(0), 0x0b]],
    exports: [exported('g', 'global', 0)],
    start: 0,
  });
  assert.equal((exports['g'] as WebAssembly.Global).value, 10);
});

test('without interrupt there is nothing to import', () => {
  const { control, bytes, info } = rewritten(oneFunction([0x03, 0x40, 0x0b]), { interrupt: false });
  assert.equal(control, undefined);
  assert.equal(info.stopChecks, 0);
  assert.deepEqual(readModule(bytes).imports, []);
});
