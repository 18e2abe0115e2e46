import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assemble } from './index.ts';

function run(body: string, parts: Parameters<typeof assemble>[0] = {}): unknown {
  const binary = assemble({
    ...parts,
    functions: [...(parts.functions ?? []), { name: 'run', export: 'run', results: ['i32'], body }],
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
  return (exports['run'] as () => unknown)();
}

test('integers of every size survive their encoding', () => {
  fc.assert(fc.property(fc.integer(), (value) => run(`i32.const ${value}`) === value));
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      (value) => run(`i64.const ${value} i32.wrap_i64`) === Number(BigInt.asIntN(32, value)),
    ),
  );
});

test('names stand for functions, locals, globals, types and tags', () => {
  const half = {
    name: 'halve',
    params: { whole: 'i32' },
    results: ['i32'],
    locals: { two: 'i32' },
    body: 'i32.const 2 local.set $two local.get $whole local.get $two i32.div_u',
  } as const;
  const parts = {
    functions: [half],
    types: { unary: { params: ['i32'], results: ['i32'] } },
    tables: [{ min: 1 }],
    elements: ['halve'],
    globals: { seen: { type: 'i32', init: 'i32.const 8' } },
    tags: { oops: {} },
  } as const;
  assert.equal(run('global.get $seen call $halve', parts), 4);
  assert.equal(run('i32.const 6 i32.const 0 call_indirect $unary', parts), 3);
  assert.equal(run('try throw $oops catch_all end i32.const 7', parts), 7);
  assert.equal(run('block try_table 0 throw $oops end end i32.const 9', parts), 9);
});

test('memory, data, offsets and garbage-collected types', () => {
  const memory = { memories: [{ min: 1, max: 2 }], data: [{ offset: 4, text: 'é!' }] };
  assert.equal(run('i32.const 0 i32.load8_u offset=6', memory), '!'.codePointAt(0));
  assert.equal(run('i32.const 1 memory.grow drop memory.size', memory), 2);
  const gc = { types: { node: { struct: ['i32', 'ref?node'] } } } as const;
  assert.equal(run('i32.const 1 ref.null $node struct.new $node drop i32.const 5 ;; a comment', gc), 5);
});

test('what the text names must be known', () => {
  for (const body of ['leave', 'call $nowhere', 'local.get run', 'i32.const', 'i32.const x']) {
    assert.throws(() => run(body), Error, body);
  }
});
