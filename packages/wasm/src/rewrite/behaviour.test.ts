import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { programFrom, type Program } from '../testing/program.ts';
import { SNAPSHOT_EXPORTS, type RewriteOptions, type SnapshotMode } from './options.ts';
import { rewrite } from './rewrite.ts';
import { controlMemory, instantiateRewritten, type Running } from '../testing/run.ts';

const MAX_PAGES = 4;
const MODES: readonly SnapshotMode[] = ['none', 'globals', 'dirty-map'];
const RUNS = { numRuns: 300 };

const programs = fc.uint8Array({ minLength: 20, maxLength: 600 }).map(programFrom);
const calls = fc.array(fc.tuple(fc.nat(3), fc.integer(), fc.integer()), { minLength: 1, maxLength: 6 });
type Call = readonly [number, number, number];

function environment(): { twice: (x: number) => number; fail: () => never; global: WebAssembly.Global } {
  return {
    twice: (x) => x * 2,
    fail() {
      throw new TypeError('host failure');
    },
    global: new WebAssembly.Global({ value: 'i32', mutable: true }, 5),
  };
}

/** The original under the limit that the rewritten module has, so that growth fails at the same size. */
function original(program: Program): Running {
  const env = { ...environment(), memory: new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES }) };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(program.bytes), { env });
  const memory = instance.exports.memory as WebAssembly.Memory;
  return { exports: instance.exports, memory, imports: { env } };
}

function rewritten(program: Program, options: Partial<RewriteOptions>, initial?: number): Running {
  const result = rewrite(program.bytes, { interrupt: true, maxPages: MAX_PAGES, ...options });
  assert.ok(WebAssembly.validate(result.bytes), 'the rewritten module is valid');
  return instantiateRewritten(result, { env: { ...environment() } }, controlMemory(), initial);
}

/** What a call did: its result, or the text of what it threw. */
function outcome(running: Running, program: Program, [index, a, b]: Call): unknown {
  const entry = running.exports[program.functions[index % program.functions.length]!] as (
    a: number,
    b: number,
  ) => number;
  try {
    return entry(a, b);
  } catch (error) {
    return error instanceof Error ? error.message : 'an exception of the guest';
  }
}

function globalsOf(running: Running): unknown[] {
  const own = Object.entries(running.exports).filter(([name, value]) => /^g\d/.test(name) && value);
  const env = running.imports['env'] as ReturnType<typeof environment>;
  return [env.global.value, ...own.map(([, global]) => (global as WebAssembly.Global).value)];
}

function pagesOf(running: Running): number {
  const pages = running.exports[SNAPSHOT_EXPORTS.pages] as WebAssembly.Global | undefined;
  return pages ? (pages.value as number) : running.memory.buffer.byteLength / 65_536;
}

function bytesOf(running: Running): Buffer {
  return Buffer.from(new Uint8Array(running.memory.buffer));
}

/** A module without a maximum may outgrow the limit of the rewritten one: then the two differ as they should. */
function outgrew(running: Running): boolean {
  return running.memory.buffer.byteLength > MAX_PAGES * 65_536;
}

for (const snapshot of MODES) {
  test(`a rewritten module behaves like the original: snapshot ${snapshot}`, () => {
    fc.assert(
      fc.property(programs, calls, (program, calls) => {
        const [before, after] = [original(program), rewritten(program, { snapshot })];
        for (const call of calls) {
          const expected = outcome(before, program, call);
          if (outgrew(before)) return;
          assert.deepEqual(outcome(after, program, call), expected);
          assert.deepEqual(globalsOf(after), globalsOf(before));
          assert.equal(pagesOf(after), before.memory.buffer.byteLength / 65_536);
          assert.ok(bytesOf(after).equals(bytesOf(before)), 'the memories are equal');
        }
      }),
      RUNS,
    );
  });
}

interface State {
  readonly globals: unknown[];
  readonly pages: number;
  readonly bytes: Buffer;
}

function stateOf(running: Running): State {
  return { globals: globalsOf(running), pages: pagesOf(running), bytes: bytesOf(running) };
}

/** Equal, where a memory that has grown is zero behind the pages that the snapshot had. */
function assertRestored(running: Running, saved: State): void {
  const now = stateOf(running);
  assert.deepEqual(now.globals, saved.globals);
  assert.equal(now.pages, saved.pages);
  assert.ok(now.bytes.subarray(0, saved.bytes.length).equals(saved.bytes), 'the memory is that of the snapshot');
  assert.ok(
    now.bytes.subarray(saved.bytes.length).every((byte) => byte === 0),
    'grown pages are zero',
  );
}

for (const snapshot of ['globals', 'dirty-map'] as const) {
  for (const initial of [undefined, MAX_PAGES]) {
    test(`restore puts back what save saw: ${snapshot}, memory of ${initial ?? 'its own'} pages`, () => {
      fc.assert(
        fc.property(programs, calls, calls, (program, before, after) => {
          const running = rewritten(program, { snapshot }, initial);
          for (const call of before) outcome(running, program, call);
          (running.exports[SNAPSHOT_EXPORTS.save] as () => void)();
          const saved = stateOf(running);
          const restore = running.exports[SNAPSHOT_EXPORTS.restore] as () => number;
          const runs = [after, after, after].map((calls) => {
            const outcomes = calls.map((call) => outcome(running, program, call));
            const spent = restore();
            assertRestored(running, saved);
            return { outcomes, spent };
          });
          // With all the memory there from the start not even a trap tells one run from another.
          if (initial !== undefined && runs.every((run) => run.spent === 0)) {
            assert.deepEqual(runs[1], runs[0]);
            assert.deepEqual(runs[2], runs[0]);
          }
        }),
        RUNS,
      );
    });
  }
}
