import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { customSections } from './binary/sections.ts';
import { WasmError } from './errors.ts';
import { functionNames } from './names.ts';
import { readModule } from './read-module.ts';
import { bytesOf, unsigned, type Code } from './rewrite/assembler.ts';
import { rewrite } from './rewrite/rewrite.ts';
import { encodeModule, functionTypeOf, I32, name, sized } from './testing/encode.ts';
import { programFrom } from './testing/program.ts';

/** Everything this room does with bytes it does not know. */
function readEverything(bytes: Uint8Array): void {
  const attempts = [
    () => readModule(bytes),
    () => functionNames(bytes),
    () => customSections(bytes, 'name'),
    ...(['none', 'globals', 'dirty-map'] as const).map(
      (snapshot) => () => rewrite(bytes, { interrupt: true, maxPages: 4, snapshot }),
    ),
  ];
  for (const attempt of attempts) {
    try {
      attempt();
    } catch (error) {
      assert.ok(error instanceof WasmError, String(error));
      assert.ok(error.offset >= 0 && error.offset <= bytes.length, `offset ${error.offset}`);
    }
  }
}

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'insert', 'remove', 'cut')), {
  minLength: 1,
  maxLength: 4,
});

function mutate(bytes: Uint8Array, changes: readonly (readonly [number, number, string])[]): Uint8Array {
  const list = [...bytes];
  for (const [where, value, kind] of changes) {
    const at = where % Math.max(1, list.length);
    if (kind === 'set') list[at] = value;
    else if (kind === 'insert') list.splice(at, 0, value);
    else if (kind === 'remove') list.splice(at, 1);
    else list.length = at;
  }
  return Uint8Array.from(list);
}

suite('whatever the bytes, a result or a WasmError', () => {
  test('mutated modules', () => {
    const programs = fc.uint8Array({ minLength: 20, maxLength: 200 }).map((entropy) => programFrom(entropy).bytes);
    fc.assert(
      fc.property(programs, mutations, (bytes, changes) => readEverything(mutate(bytes, changes))),
      { numRuns: 2000 },
    );
  });

  test('noise behind a header', () => {
    const sections = fc.array(fc.tuple(fc.nat(14), fc.uint8Array({ maxLength: 30 })), { maxLength: 6 });
    fc.assert(
      fc.property(sections, (sections) => {
        const content = sections.map(([id, payload]) => [id, sized([...payload])]);
        readEverything(bytesOf([HEADER, content]));
      }),
      { numRuns: 2000 },
    );
  });
});

suite('says what is wrong', () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
  const cases: readonly (readonly [title: string, bytes: Code, code: string, text: RegExp])[] = [
    ['nothing', [], 'malformed', /shorter than a module header \(at byte 0\)/],
    ['text', [...Buffer.from('not a module')], 'malformed', /no magic number/],
    ['a component', [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], 'unsupported', /component/],
    ['another version', [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0], 'unsupported', /version 2/],
    ['a section that is cut', [HEADER, 1, 5, 0], 'malformed', /unexpected end/],
    ['a section twice', [HEADER, 1, 1, 0, 1, 1, 0], 'malformed', /repeated or out of order/],
    ['sections out of order', [HEADER, 3, 1, 0, 1, 1, 0], 'malformed', /repeated or out of order/],
    ['an unknown section', [HEADER, 77, 1, 0], 'unsupported', /section 77/],
    ['a section with a rest', [HEADER, 1, 2, 0, 0], 'malformed', /longer than its content/],
    ['a huge count', [HEADER, 1, 5, huge], 'malformed', /count larger/],
    ['a count of 33 bits', [HEADER, 1, 5, 0xff, 0xff, 0xff, 0xff, 0x1f], 'malformed', /too large for 32 bits/],
    ['an import of no type', [HEADER, 2, 7, 1, 1, 0x61, 1, 0x62, 0, 9], 'malformed', /type 9/],
    ['a name that is no UTF-8', [HEADER, 7, 5, 1, 1, 0xff, 0, 0], 'malformed', /UTF-8/],
    ['an unknown value type', [HEADER, 1, 5, 1, 0x60, 1, 0x55, 0], 'unsupported', /value type 0x55/],
    ['an unknown instruction', [HEADER, 6, 6, 1, I32, 0, 0x27, 0, 0x0b], 'unsupported', /instruction 0x27/],
  ];
  for (const [title, bytes, code, text] of cases) {
    test(title, () => {
      assert.throws(
        () => readModule(bytesOf(bytes)),
        (error) => error instanceof WasmError && error.code === code && text.test(error.message),
      );
    });
  }
});

function repeated(count: number, entry: Code): Code {
  return Array.from({ length: count }, () => entry);
}

function vector(id: number, count: number, entry: Code): Code {
  return [HEADER, id, sized([unsigned(count), repeated(count, entry)])];
}

suite('takes time in proportion to the size', () => {
  const cases: readonly (readonly [title: string, bytes: (count: number) => Code])[] = [
    ['custom sections', (count) => [HEADER, repeated(count, [0, sized(name('name'))])]],
    ['types', (count) => vector(1, count, functionTypeOf([I32], []))],
    ['recursion groups', (count) => vector(1, count, [0x4e, 0])],
    ['functions', (count) => vector(3, count, [0])],
    ['exports', (count) => vector(7, count, [name('x'), 0, 0])],
    ['globals', (count) => vector(6, count, [I32, 0, 0x41, 0, 0x0b])],
  ];
  for (const [title, make] of cases) {
    test(title, () => {
      const bytes = bytesOf(make(50_000));
      const started = performance.now();
      readEverything(bytes);
      // Linear work takes some ten milliseconds; a quadratic one takes minutes.
      assert.ok(performance.now() - started < 3000);
    });
  }

  test('a long function', () => {
    const code: Code = repeated(50_000, [0x03, 0x40, 0x0b]);
    const bytes = encodeModule({ types: [functionTypeOf([], [])], functions: [{ type: 0, code }] });
    const started = performance.now();
    readEverything(bytes);
    assert.ok(performance.now() - started < 3000);
  });
});
