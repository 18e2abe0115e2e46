import { FOLLOWING, FOLLOWS, newInstruction, readInstruction, type Instruction } from '../binary/instructions.ts';
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

/** One place of a body as {@link findEdits} shows it. The record is reused from edit to edit. */
export interface Edit {
  kind: EditKind;
  /** The instruction, from its first byte to behind its last; an insertion has both at the same byte. */
  start: number;
  end: number;
  opcode: number;
  /** The constant offset of a store, in bytes. */
  offset: number;
}

export interface EditRules {
  readonly stopChecks: boolean;
  readonly snapshot: boolean;
  readonly marks: boolean;
}

/**
 * Walks over the instructions of a body, from the reader's position to its end, and shows what has to be changed, in
 * the order of the file. One loop does most of it by itself and makes no objects: a module of 300 KB has a hundred
 * thousand instructions, and a server that starts meets its modules before this code is compiled well.
 *
 * @returns Whether the body calls anything: recursion needs no loop, tail calls not even stack, so that every function
 *   that calls has to be checked once when it is entered.
 * @throws {WasmError} `unsupported` for an instruction that can't be kept under control.
 */
export function findEdits(reader: Reader, rules: EditRules, visit: (edit: Readonly<Edit>) => void): boolean {
  const { bytes, end } = reader;
  const instruction = newInstruction();
  const edit: Edit = { kind: 'stop-check', start: 0, end: 0, opcode: 0, offset: 0 };
  let calls = false;
  let at = reader.position;
  while (at < end) {
    const opcode = bytes[at]!;
    const follows = FOLLOWING[opcode]!;
    if (follows === FOLLOWS.nothing) {
      at++;
      continue;
    }
    if (follows === FOLLOWS.leb && !mayMatter(opcode)) {
      at++;
      while (bytes[at++]! >= 0x80);
      continue;
    }
    if (follows === FOLLOWS.memory && (!rules.marks || opcode < OP.i32Store)) {
      // One byte of alignment below bit 6, then nothing but the offset: any other form is read with care.
      if (bytes[at + 1]! < 0x40) {
        at += 2;
        while (bytes[at++]! >= 0x80);
        continue;
      }
    }
    reader.position = at;
    readInstruction(reader, instruction);
    at = reader.position;
    if (instruction.opcode >= OP.call && instruction.opcode <= OP.returnCallRef) calls = true;
    if (instruction.opcode === OP.loop) {
      if (rules.stopChecks) visit(show(edit, 'stop-check', at, at, instruction));
      continue;
    }
    const kind = kindOf(instruction, rules);
    if (kind) visit(show(edit, kind, instruction.start, kind === 'spend' ? instruction.start : at, instruction));
  }
  reader.position = at;
  if (at > end) reader.fail('malformed', 'unexpected end');
  return calls;
}

/** Whether an instruction with a single index or constant can be one that is changed, or a call. */
function mayMatter(opcode: number): boolean {
  if (opcode >= OP.localGet) return opcode === OP.tableSet || opcode === OP.memorySize || opcode === OP.memoryGrow;
  return opcode >= OP.call && opcode <= OP.returnCallRef;
}

function show(edit: Edit, kind: EditKind, start: number, end: number, { opcode, offset }: Instruction): Edit {
  edit.kind = kind;
  edit.start = start;
  edit.end = end;
  edit.opcode = opcode;
  edit.offset = offset;
  return edit;
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
