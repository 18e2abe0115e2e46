import { EMPTY_BLOCK, OP } from '../binary/opcodes.ts';
import { Writer } from '../binary/writer.ts';

/** Machine code in the making: bytes and pieces of code. */
export type Code = readonly (number | Code)[];

/** Flattens code into bytes. */
export function bytesOf(code: Code): Uint8Array<ArrayBuffer> {
  const out = new Writer(64);
  append(out, code);
  return out.toBytes();
}

function append(out: Writer, code: Code): void {
  for (const part of code) {
    if (typeof part === 'number') out.byte(part);
    else append(out, part);
  }
}

function written(write: (out: Writer) => void): number[] {
  const out = new Writer(8);
  write(out);
  return [...out.view()];
}

export function unsigned(value: number): number[] {
  return written((out) => out.u32(value));
}

/** Any instruction of {@link OP} with its immediates. */
export function op(opcode: number, ...immediates: readonly (number | Code)[]): Code {
  if (opcode <= 0xff) return [opcode, ...immediates];
  return [opcode >> 12, unsigned(opcode & 0xfff), ...immediates];
}

/** `i32.const`; values from 2^31 on are taken modulo 2^32. */
export function i32(value: number): Code {
  return [OP.i32Const, written((out) => out.s32(value))];
}

export function getLocal(index: number): Code {
  return [OP.localGet, unsigned(index)];
}

export function setLocal(index: number, ...value: Code): Code {
  return [...value, OP.localSet, unsigned(index)];
}

export function getGlobal(index: number): Code {
  return [OP.globalGet, unsigned(index)];
}

export function setGlobal(index: number, ...value: Code): Code {
  return [...value, OP.globalSet, unsigned(index)];
}

export function call(index: number, ...args: Code): Code {
  return [...args, OP.call, unsigned(index)];
}

/** The memory argument of a load or store of any memory; no alignment is promised. */
export function at(memory: number, offset = 0): Code {
  return memory === 0 ? [0, unsigned(offset)] : [0x40, unsigned(memory), unsigned(offset)];
}

export function size(memory: number): Code {
  return op(OP.memorySize, unsigned(memory));
}

export function fill(memory: number, ...args: Code): Code {
  return [...args, op(OP.memoryFill, unsigned(memory))];
}

export function copy(to: number, from: number, ...args: Code): Code {
  return [...args, op(OP.memoryCopy, unsigned(to), unsigned(from))];
}

export function add(...operands: Code): Code {
  return [...operands, OP.i32Add];
}

export function subtract(...operands: Code): Code {
  return [...operands, OP.i32Sub];
}

export function shiftLeft(value: Code, bits: number): Code {
  return [value, i32(bits), OP.i32Shl];
}

export function shiftRight(value: Code, bits: number): Code {
  return [value, i32(bits), OP.i32ShrU];
}

export function less(a: Code, b: Code): Code {
  return [a, b, OP.i32LtU];
}

export function when(condition: Code, ...then: Code): Code {
  return [condition, OP.if, EMPTY_BLOCK, ...then, OP.end];
}

/** Runs `body` again each time that it branches to depth 0, counted at its own level. */
export function loop(...body: Code): Code {
  return [OP.loop, EMPTY_BLOCK, ...body, OP.end];
}

export function minimum(a: Code, b: Code): Code {
  return [a, b, less(a, b), OP.select];
}

export function maximum(a: Code, b: Code): Code {
  return [a, b, less(b, a), OP.select];
}

/** The body of a function with this many i32 locals besides its parameters, as it stands in the code section. */
export function functionBody(i32Locals: number, ...code: Code): Uint8Array {
  const locals = i32Locals === 0 ? [0] : [1, unsigned(i32Locals), 0x7f];
  const inner = bytesOf([locals, ...code, OP.end]);
  return bytesOf([unsigned(inner.length), [...inner]]);
}
