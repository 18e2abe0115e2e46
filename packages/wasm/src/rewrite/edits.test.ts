import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newInstruction, readInstruction } from '../binary/instructions.ts';
import { OP } from '../binary/opcodes.ts';
import { Reader } from '../binary/reader.ts';
import { findEdits } from './edits.ts';

const RULES = { stopChecks: true, snapshot: true, marks: true };

/** Instructions of every form, with numbers of one and of several bytes. */
const INSTRUCTIONS: readonly (readonly number[])[] = [
  [0x01],
  [OP.i32Add],
  [OP.localGet, 5],
  [OP.localGet, 0x85, 0x01],
  [OP.i32Const, 0x7f],
  [OP.i32Const, 0x80, 0x80, 0x80, 0x80, 0x78],
  [OP.i64Const, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0x44, 3, 3, 3, 3, 3, 3, 3, 3],
  [OP.loop, 0x40],
  [OP.block, 0x80, 0x01],
  [OP.call, 3],
  [0x11, 1, 0],
  [0x0e, 2, 0, 1, 0],
  [0x1c, 1, 0x7f],
  [0x28, 2, 8],
  [0x28, 2, 0x88, 0x01],
  [0x28, 0x42, 3, 0x90, 0x02],
  [OP.i32Store, 2, 8],
  [OP.i64Store, 3, 0x90, 0x02],
  [OP.i64Store, 0x43, 1, 0x90, 0x02],
  [OP.memorySize, 0],
  [OP.memoryGrow, 0],
  [0x25, 0x03],
  [OP.tableSet, 1],
  [0xfc, 10, 0, 0],
  [0xfc, 13, 4],
  [0xfd, 11, 4, 0x10],
  [0xfd, 12, ...Array.from({ length: 16 }, () => OP.loop)],
  [0xfd, 88, 0x00, 0x08, 3],
];

test('the quick walk sees each instruction where the careful reader does', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...INSTRUCTIONS), { maxLength: 40 }), fc.boolean(), (parts, marks) => {
      const bytes = Uint8Array.from(parts.flat());
      const seen: string[] = [];
      const reader = new Reader(bytes);
      const calls = findEdits(reader, { ...RULES, marks }, ({ kind, start, end }) =>
        seen.push(`${kind} ${start} ${end}`),
      );
      assert.equal(reader.position, bytes.length);
      assert.deepEqual([seen, calls], expected(bytes, marks));
    }),
  );
});

test('a body that ends within an instruction is malformed', () => {
  for (const bytes of [[OP.localGet], [OP.localGet, 0x80], [0x28, 2], [0x28, 2, 0x80], [OP.i32Const, 0x80]]) {
    // Behind the body stand bytes of others, which must not be taken for its own.
    const reader = new Reader(Uint8Array.from([...bytes, 0x80, 0x80, 0x00]), 0, bytes.length);
    assert.throws(() => findEdits(reader, RULES, () => undefined), { code: 'malformed' });
  }
});

/** What has to be found, instruction by instruction. */
function expected(bytes: Uint8Array, marks: boolean): [string[], boolean] {
  const reader = new Reader(bytes);
  const instruction = newInstruction();
  const found: string[] = [];
  let calls = false;
  while (!reader.done) {
    readInstruction(reader, instruction);
    const { opcode, start } = instruction;
    const kind = kindOf(opcode, marks);
    if (opcode === OP.call || opcode === 0x11) calls = true;
    if (kind === 'stop-check') found.push(`${kind} ${reader.position} ${reader.position}`);
    else if (kind) found.push(`${kind} ${start} ${kind === 'spend' ? start : reader.position}`);
  }
  return [found, calls];
}

function kindOf(opcode: number, marks: boolean): string | undefined {
  const marked: Readonly<Record<number, string>> = {
    [OP.i32Store]: 'store',
    [OP.i64Store]: 'store',
    [OP.memoryCopy]: 'copy',
    [OP.v128Store]: 'store',
    [OP.v128Store8Lane]: 'store',
  };
  const always: Readonly<Record<number, string>> = {
    [OP.loop]: 'stop-check',
    [OP.memorySize]: 'size',
    [OP.memoryGrow]: 'grow',
    [OP.tableSet]: 'spend',
    [OP.elemDrop]: 'spend',
  };
  return always[opcode] ?? (marks ? marked[opcode] : undefined);
}
