import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WasmError } from '../errors.ts';
import { bytesOf, op, unsigned, type Code } from '../rewrite/assembler.ts';
import { encodeModule, EXTERNREF, F32, F64, FUNCREF, functionTypeOf, I32, I64, V128 } from '../testing/encode.ts';
import { newInstruction, readInstruction } from './instructions.ts';
import { Reader } from './reader.ts';

const ANYREF = 0x6e;
const FUNCTION = functionTypeOf([], []);

/** Modules that differ in what type 0 is and in what the function returns, so that each instruction fits one of them. */
function surrounded(firstType: Code, results: readonly Code[], code: Code): Uint8Array<ArrayBuffer> {
  return encodeModule({
    types: [firstType, [0x60, 0, unsigned(results.length), results], FUNCTION],
    functions: [{ type: 1, locals: [[1, I32]], code: [0x00, code] }],
    tables: [[FUNCREF, 0, 1]],
    memories: [[0, 1]],
    tags: [[0, 2]],
    globals: [[I32, 1, 0x41, 0, 0x0b]],
    exports: [[1, 0x66, 0, 0]],
    elements: [[1, 0, 1, 0]],
    data: [[1, 0]],
  });
}

/** Nothing may follow the instruction, lest it be taken for an immediate; so what it leaves has to be the result. */
const RESULTS: readonly (readonly Code[])[] = [
  [],
  ...[I32, I64, F32, F64, V128, FUNCREF, EXTERNREF, ANYREF].map((type) => [[type]]),
  [[0x63, 0]],
];

const FIRST_TYPES: readonly Code[] = [
  FUNCTION,
  ...[I32, 0x78, FUNCREF].flatMap((field) => [
    [0x5f, 1, field, 1],
    [0x5e, field, 1],
  ]),
];

const ALL_SURROUNDINGS = FIRST_TYPES.flatMap((type) =>
  RESULTS.map((results) => (code: Code) => surrounded(type, results, code)),
);

/** Immediates that are not just zeros, by opcode, and what has to follow for the function to be valid. */
const SPECIAL: ReadonlyMap<number, readonly [immediates: Code, rest: readonly number[]]> = new Map([
  [0x02, [[0x40], [0x0b]]],
  [0x03, [[0x40], [0x0b]]],
  [0x04, [[0x40], [0x0b]]],
  [0x06, [[0x40], [0x19, 0x0b]]],
  [0x1c, [[1, I32], []]],
  [0x1f, [[0x40, 0], [0x0b]]],
  [0xd0, [[FUNCREF], []]],
  [0xd5, [[0], [0x1a]]],
  [0xfb018, [[3, 0, FUNCREF, FUNCREF], []]],
  [0xfb019, [[3, 0, FUNCREF, FUNCREF], []]],
]);

/** Opcodes that stand only inside blocks: `rewrite.test.ts` has bodies with them. */
const STRUCTURE = new Set([0x05, 0x07, 0x09, 0x0b, 0x18, 0x19]);

/** Atomic instructions insist on their natural alignment, two to the power of one to three; for the rest zeros do. */
const ORDINARY: readonly (readonly [immediates: Code, rest: readonly number[]])[] = [
  ...[0, 1, 2, 3, 4, 8, 16].map((count) => [new Array<number>(count).fill(0), []] as const),
  ...[1, 2, 3].map((alignment) => [[alignment, 0], []] as const),
];

/** The immediates with which V8 takes the instruction: the fewest zeros, unless there is a special form. */
function accepted(opcode: number): { readonly code: Code; readonly rest: number } | undefined {
  const special = SPECIAL.get(opcode);
  const surroundings = opcode >> 12 === 0xfb ? ALL_SURROUNDINGS : ALL_SURROUNDINGS.slice(0, RESULTS.length);
  const form = (special ? [special] : ORDINARY).find(([immediates, rest]) =>
    surroundings.some((surround) => WebAssembly.validate(surround([op(opcode), immediates, rest]))),
  );
  return form && { code: [op(opcode), form[0], form[1]], rest: form[1].length };
}

const NUMBERS: readonly (readonly [prefix: number, count: number])[] = [
  [0xfb, 0x24],
  [0xfc, 0x18],
  [0xfd, 0x120],
  [0xfe, 0x50],
];
const ALL_OPCODES = [
  ...Array.from({ length: 0xfb }, (_, opcode) => opcode).filter((opcode) => !STRUCTURE.has(opcode)),
  ...NUMBERS.flatMap(([prefix, count]) => Array.from({ length: count }, (_, number) => (prefix << 12) | number)),
];

test('passes over the immediates of every instruction that V8 accepts', () => {
  const instruction = newInstruction();
  let count = 0;
  for (const opcode of ALL_OPCODES) {
    const known = accepted(opcode);
    if (!known) continue;
    count++;
    const reader = new Reader(bytesOf(known.code));
    readInstruction(reader, instruction);
    assert.equal(instruction.opcode, opcode);
    assert.equal(reader.end - reader.position, known.rest, `0x${opcode.toString(16)}`);
  }
  // As many as 3.0 has with threads and the older exceptions, without those that make structure.
  assert.ok(count >= 565, `${count} instructions are known to V8`);
});

test('refuses opcodes that are not instructions, and never anything that V8 accepts', () => {
  for (const opcode of [0x16, 0x27, 0xc5, 0xff, 0xfb01f, 0xfc012, 0xfd09a, 0xfd114, 0xfe004, 0xfe04f]) {
    const reader = new Reader(bytesOf([op(opcode), new Array<number>(16).fill(0)]));
    assert.throws(() => readInstruction(reader, newInstruction()), isUnsupported);
    assert.equal(accepted(opcode), undefined, `0x${opcode.toString(16)}`);
  }
});

test('refuses opcode numbers that only look like others in twelve bits', () => {
  const reader = new Reader(bytesOf([0xfc, unsigned(0x1000 + 0x0a), 0, 0]));
  assert.throws(() => readInstruction(reader, newInstruction()), isUnsupported);
});

function isUnsupported(error: unknown): boolean {
  return error instanceof WasmError && error.code === 'unsupported';
}
