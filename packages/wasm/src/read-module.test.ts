import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { customSections } from './binary/sections.ts';
import { Reader } from './binary/reader.ts';
import { Writer } from './binary/writer.ts';
import { functionType, importedCount } from './module.ts';
import { functionNames } from './names.ts';
import { readModule } from './read-module.ts';
import {
  encodeModule,
  exported,
  EXTERNREF,
  F64,
  FUNCREF,
  functionTypeOf,
  I32,
  I64,
  imported,
  name,
  sized,
  V128,
} from './testing/encode.ts';

const bytes = encodeModule({
  types: [
    functionTypeOf([I32, I64], [F64, V128]),
    [0x4e, 2, 0x50, 0, 0x5f, 1, 0x78, 1, 0x4f, 1, 1, 0x5e, 0x63, 1, 0],
    [0x60, 3, [0x64, 0], [0x63, 0x6e], 0x71, 0],
  ],
  imports: [
    imported('env', 'f', [0, 3]),
    imported('env', 'table', [1, EXTERNREF, 1, 1, 9]),
    imported('env', 'global', [3, I64, 1]),
    imported('env', 'tag', [4, 0, 0]),
    imported('env', 'memory', [2, 3, 1, 2]),
  ],
  functions: [
    { type: 0, code: [0x00] },
    { type: 3, code: [] },
  ],
  tables: [
    [FUNCREF, 0, 1],
    [0x40, 0, FUNCREF, 0, 4, 0xd0, FUNCREF, 0x0b],
  ],
  memories: [[5, 1, 0x80, 0x80, 4]],
  globals: [[I32, 0, 0x23, 0, 0xa7, 0x0b]],
  exports: [exported('é', 'function', 1), exported('m', 'memory', 0), exported('t', 'tag', 0)],
  start: 2,
  elements: [[0, 0x41, 0, 0x0b, 1, 0]],
  data: [
    [1, 1, 0],
    [1, 1, 0],
  ],
  custom: [
    ['one', [1]],
    ['name', [1, sized([2, 0, name('first'), 2, name('third')])]],
    ['one', [2, 3]],
  ],
});
const module = readModule(bytes);

test('types, recursion groups flattened', () => {
  assert.deepEqual(module.types, [
    { kind: 'function', params: ['i32', 'i64'], results: ['f64', 'v128'] },
    { kind: 'struct' },
    { kind: 'array' },
    { kind: 'function', params: ['(ref 0)', '(ref null any)', 'nullref'], results: [] },
  ]);
});

test('imports with their types', () => {
  assert.deepEqual(
    module.imports.map((entry) => [entry.kind, entry.name, entry.type]),
    [
      ['function', 'f', module.types[3]],
      ['table', 'table', { element: 'externref', initial: 1, maximum: 9, table64: false }],
      ['global', 'global', { value: 'i64', mutable: true }],
      ['tag', 'tag', module.types[0]],
      ['memory', 'memory', { initial: 1, maximum: 2, shared: true, memory64: false }],
    ],
  );
  assert.equal(importedCount(module, 'function'), 1);
});

test('index spaces, imports first', () => {
  assert.deepEqual(module.functions, [3, 0, 3]);
  assert.deepEqual(functionType(module, 1).results, ['f64', 'v128']);
  assert.deepEqual(
    module.tables.map((table) => table.element),
    ['externref', 'funcref', 'funcref'],
  );
  assert.deepEqual(module.memories[1], { initial: 1, maximum: 65_536, shared: false, memory64: true });
  assert.deepEqual(
    module.globals.map((global) => global.value),
    ['i64', 'i32'],
  );
  assert.deepEqual(module.tags, [0]);
});

test('exports, start and segments', () => {
  assert.deepEqual(module.exports, [
    { name: 'é', kind: 'function', index: 1 },
    { name: 'm', kind: 'memory', index: 0 },
    { name: 't', kind: 'tag', index: 0 },
  ]);
  assert.equal(module.start, 2);
  assert.deepEqual([module.elementSegments, module.dataSegments], [1, 2]);
});

test('custom sections and names', () => {
  assert.deepEqual(
    module.customSections.map((section) => section.name),
    ['one', 'name', 'one'],
  );
  assert.deepEqual(
    customSections(bytes, 'one').map((content) => [...content]),
    [[1], [2, 3]],
  );
  assert.deepEqual(
    [...functionNames(bytes)],
    [
      [0, 'first'],
      [2, 'third'],
    ],
  );
});

test('integers as they are written', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.integer(), (unsigned, signed) => {
      const out = new Writer(1);
      out.u32(unsigned);
      const split = out.length;
      out.s32(signed);
      const reader = new Reader(out.toBytes());
      assert.equal(reader.u32(), unsigned);
      assert.equal(reader.position, split);
      reader.skipLeb(5);
      assert.ok(reader.done);
    }),
  );
});
