import { newInstruction, readInstruction, type Instruction } from '../binary/instructions.ts';
import { OP } from '../binary/opcodes.ts';
import type { Reader } from '../binary/reader.ts';
import { WasmError } from '../errors.ts';

/**
 * What happens at a place in a function body:
 *
 * - `stop-check`: a check of the stop flag is inserted;
 * - `spend`: the instance is declared spent before the instruction, which changes what no restore puts back;
 * - `store`, `init`: the instruction stays and is made to mark what it writes;
 * - `size`, `grow`, `fill`, `copy`: the instruction is replaced by that of a helper.
 */
export type EditKind = 'stop-check' | 'spend' | 'store' | 'init' | 'size' | 'grow' | 'fill' | 'copy';

export interface Edit {
  readonly kind: EditKind;
  /** The instruction, from its first byte to behind its last; an insertion has both at the same byte. */
  readonly start: number;
  readonly end: number;
  readonly opcode: number;
  /** The constant offset of a store, in bytes. */
  readonly offset: number;
}

export interface EditRules {
  readonly stopChecks: boolean;
  readonly snapshot: boolean;
  readonly marks: boolean;
}

/**
 * Walks over the instructions of a body, from the reader's position to its end, and collects what has to be changed, in
 * the order of the file.
 *
 * @throws {WasmError} `unsupported` for an instruction that can't be kept under control.
 */
export function findEdits(reader: Reader, rules: EditRules): Edit[] {
  const edits: Edit[] = [];
  const instruction = newInstruction();
  const entry = reader.position;
  let calls = false;
  while (!reader.done) {
    readInstruction(reader, instruction);
    const { opcode, start } = instruction;
    // The great majority of instructions lies between the stores and the prefixed ones.
    if (opcode > OP.memoryGrow && opcode <= 0xff) continue;
    if (opcode === OP.loop) {
      if (rules.stopChecks) edits.push(checkAt(reader.position));
      continue;
    }
    if (opcode >= OP.call && opcode <= OP.returnCallRef) calls = true;
    const kind = kindOf(instruction, rules);
    if (kind) {
      const end = kind === 'spend' ? start : reader.position;
      edits.push({ kind, start, end, opcode, offset: instruction.offset });
    }
  }
  // Recursion needs no loop, tail calls not even stack: every function that calls checks once when it is entered.
  if (calls && rules.stopChecks) edits.unshift(checkAt(entry));
  return edits;
}

function checkAt(at: number): Edit {
  return { kind: 'stop-check', start: at, end: at, opcode: 0, offset: 0 };
}

function kindOf({ opcode, start }: Instruction, rules: EditRules): EditKind | undefined {
  if (opcode <= 0xff) {
    if (opcode < OP.tableSet || !rules.snapshot) return undefined;
    if (opcode >= OP.i32Store && opcode <= OP.i64Store32) return rules.marks ? 'store' : undefined;
    if (opcode === OP.memorySize) return 'size';
    if (opcode === OP.memoryGrow) return 'grow';
    return opcode === OP.tableSet ? 'spend' : undefined;
  }
  // A wait would block the thread; the others make sense on shared memory only, which is refused as a whole.
  if (opcode >= 0xfe000 && opcode !== OP.atomicFence) {
    throw new WasmError('unsupported', 'atomic memory access', start);
  }
  if (!rules.snapshot) return undefined;
  return SPENDING.has(opcode) ? 'spend' : rules.marks ? markedKind(opcode) : undefined;
}

const SPENDING: ReadonlySet<number> = new Set([
  OP.dataDrop,
  OP.elemDrop,
  OP.tableInit,
  OP.tableCopy,
  OP.tableGrow,
  OP.tableFill,
]);

function markedKind(opcode: number): EditKind | undefined {
  switch (opcode) {
    case OP.memoryInit:
      return 'init';
    case OP.memoryCopy:
      return 'copy';
    case OP.memoryFill:
      return 'fill';
    case OP.v128Store:
      return 'store';
    default:
      return opcode >= OP.v128Store8Lane && opcode <= OP.v128Store64Lane ? 'store' : undefined;
  }
}
