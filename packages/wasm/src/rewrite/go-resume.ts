import { newInstruction, readInstruction, type Instruction } from '../binary/instructions.ts';
import { OP } from '../binary/opcodes.ts';
import { Reader } from '../binary/reader.ts';
import { SECTION, sectionReader } from '../binary/sections.ts';
import { readValueType } from '../binary/types.ts';
import { functionType, importedCount, type Module } from '../module.ts';

/** Where a Go command can be entered again: see {@link RESUME_EXPORTS}. */
export interface GoResume {
  /** Function index of the loop that calls the function at the top of Go's own stack. */
  readonly loop: number;
  /** Table index of the function that Go calls for `fd_read`. */
  readonly reader: number;
}

/** Go's compiler for WebAssembly keeps the stack pointer in global 0 and the pause flag in global 7, both i32. */
export const GO_STACK_POINTER = 0;
const PAUSE = 7;

/**
 * Recognises a command made by Go's compiler (`GOOS=wasip1`, releases 1.21 to 1.26) whose first read of stdin can be
 * repeated. Exact in what it relies on, so that anything else is undefined and runs from `_start`:
 *
 * - `_start` sets the stack pointer, calls the runtime's entry, then the loop, byte for byte;
 * - the loop is one of the two forms that the linker has had, byte for byte;
 * - a single function calls the import `fd_read`; up to that call it only reads, and not its parameter, so that to
 *   enter it once more is to call `fd_read` with the same arguments once more;
 * - that function is in the table, where the loop finds it.
 */
export function findGoResume(bytes: Uint8Array, module: Module): GoResume | undefined {
  const start = module.exports.find((entry) => entry.name === '_start' && entry.kind === 'function');
  const read = functionImport(module, 'wasi_snapshot_preview1', 'fd_read');
  if (!start || read === undefined || !hasGoGlobals(module)) return undefined;
  const bodies = bodiesOf(bytes, module);
  const loop = loopOfStart(bodies(start.index));
  if (loop === undefined || !isLoop(bodies(loop))) return undefined;
  const reader = soleCaller(bytes, module, read);
  if (reader === undefined || !readsOnly(bodies(reader), read) || !takesBlock(module, reader)) return undefined;
  const place = placeInTable(bytes, module, reader);
  return place === undefined ? undefined : { loop, reader: place };
}

/** The index among functions of an imported one. */
function functionImport(module: Module, from: string, name: string): number | undefined {
  const functions = module.imports.filter((entry) => entry.kind === 'function');
  const index = functions.findIndex((entry) => entry.module === from && entry.name === name);
  return index < 0 ? undefined : index;
}

function hasGoGlobals({ globals }: Module): boolean {
  return [GO_STACK_POINTER, PAUSE].every((index) => globals[index]?.value === 'i32' && globals[index].mutable);
}

/** Go's functions take the number of the block to go on in and tell whether the stack is being unwound. */
function takesBlock(module: Module, index: number): boolean {
  const { params, results } = functionType(module, index);
  return params.join() === 'i32' && results.join() === 'i32';
}

type Bodies = (index: number) => Reader | undefined;

/** A reader for the body of a function, from its locals on; undefined for an imported function. */
function bodiesOf(bytes: Uint8Array, module: Module): Bodies {
  const places = new Map<number, readonly [start: number, end: number]>();
  eachBody(bytes, module, (index, body) => void places.set(index, [body.position, body.end]));
  return (index) => {
    const place = places.get(index);
    return place && new Reader(bytes, ...place);
  };
}

function eachBody(bytes: Uint8Array, module: Module, visit: (index: number, body: Reader) => void): void {
  const reader = sectionReader(bytes, module.sections, SECTION.code);
  if (!reader) return;
  const first = importedCount(module, 'function');
  const count = reader.count();
  for (let place = 0; place < count; place++) {
    const size = reader.u32();
    const start = reader.position;
    reader.skip(size);
    visit(first + place, new Reader(bytes, start, reader.position));
  }
}

/** The instructions of `_start`; between the opcodes stand the immediates, of which the last call's is the loop. */
const START_OPCODES = [0x42, 0xa7, 0x24, 0x41, 0x10, 0x1a, 0x10, 0x0f, 0x00, 0x0b];

function loopOfStart(body: Reader | undefined): number | undefined {
  if (!body || body.u32() !== 0) return undefined;
  const instruction = newInstruction();
  let called: number | undefined;
  for (const opcode of START_OPCODES) {
    if (body.done) return undefined;
    readInstruction(body, instruction);
    if (instruction.opcode !== opcode) return undefined;
    if (opcode === OP.globalSet && instruction.index !== GO_STACK_POINTER) return undefined;
    if (opcode === OP.call) called = instruction.index;
  }
  return body.done ? called : undefined;
}

/**
 * `while (!PAUSE) table[function at SP-8](block at SP-8); PAUSE = 0`. A program counter has the block in its low 16 bits
 * and the function above them: 16 bits of it are read up to Go 1.24, and 32 since 1.25.
 */
const LOOP_HEAD = '0023074504400340230041086b2f0100230041086b';
const LOOP_LOADS = ['2f0102', '280202'];
const LOOP_TAIL = '1100001a2307450d000b0b410024070f000b';

function isLoop(body: Reader | undefined): boolean {
  if (!body) return false;
  const hex = Array.from(body.bytes.subarray(body.position, body.end), (byte) => byte.toString(16).padStart(2, '0'));
  return LOOP_LOADS.some((load) => hex.join('') === LOOP_HEAD + load + LOOP_TAIL);
}

/** The only function with a call of `callee`; undefined when there are none or several. */
function soleCaller(bytes: Uint8Array, module: Module, callee: number): number | undefined {
  const callers: number[] = [];
  const instruction = newInstruction();
  eachBody(bytes, module, (index, body) => {
    skipLocals(body);
    while (!body.done) {
      readInstruction(body, instruction);
      if (instruction.opcode === OP.call && instruction.index === callee) callers.push(index);
    }
  });
  return callers.length === 1 ? callers[0] : undefined;
}

function skipLocals(body: Reader): void {
  for (let groups = body.count(); groups > 0; groups--) {
    body.u32();
    readValueType(body);
  }
}

/** Whether all there is before the call of `callee` is reading: of globals, of memory, and of locals set before. */
function readsOnly(body: Reader | undefined, callee: number): boolean {
  if (!body) return false;
  skipLocals(body);
  const instruction = newInstruction();
  while (!body.done) {
    readInstruction(body, instruction);
    if (instruction.opcode === OP.call) return instruction.index === callee;
    if (!isRead(instruction)) return false;
  }
  return false;
}

const I64_LOAD_32_U = 0x35;
const I32_WRAP_I64 = 0xa7;
const PARAMETER = 0;

function isRead({ opcode, index }: Instruction): boolean {
  if (opcode === OP.localGet) return index !== PARAMETER;
  if (opcode === OP.localSet || opcode === OP.localTee || opcode === OP.globalGet) return true;
  return (opcode >= 0x28 && opcode <= I64_LOAD_32_U) || opcode === OP.i32Const || opcode === I32_WRAP_I64;
}

/** The place of a function in a table that is filled by a single segment of functions at a constant offset. */
function placeInTable(bytes: Uint8Array, module: Module, index: number): number | undefined {
  const reader = sectionReader(bytes, module.sections, SECTION.element);
  if (!reader || reader.count() !== 1 || reader.u32() !== 0 || reader.byte() !== OP.i32Const) return undefined;
  // A signed integer: read as unsigned it is right unless negative, and with such an offset no module can start.
  const offset = reader.u32();
  if (reader.byte() !== OP.end) return undefined;
  const count = reader.count();
  for (let place = 0; place < count; place++) if (reader.u32() === index) return offset + place;
  return undefined;
}
