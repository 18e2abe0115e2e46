import { OP } from '../binary/opcodes.ts';
import { Writer } from '../binary/writer.ts';
import type { Edit } from './edits.ts';
import type { Layout, SnapshotLayout } from './layout.ts';
import type { BodyLocals } from './locals.ts';
import { stopCheck } from './stop-check.ts';

/** Everything that is the same for all bodies. */
export interface Emitter {
  readonly bytes: Uint8Array;
  readonly check: Uint8Array;
  /** What follows the page number of a store: `1`, stored as a byte in the shadow. */
  readonly mark: Uint8Array;
  readonly snapshot: SnapshotLayout | undefined;
}

export function newEmitter(bytes: Uint8Array, { control, snapshot }: Layout): Emitter {
  const check = control === undefined ? new Uint8Array() : stopCheck(control);
  return { bytes, check, mark: markOf(snapshot?.shadow?.memory ?? 0), snapshot };
}

function markOf(shadow: number): Uint8Array {
  const out = new Writer(16);
  out.append([OP.i32Const, 12, OP.i32ShrU, OP.i32Const, 1, OP.i32Store8, 0x40]);
  out.u32(shadow);
  out.byte(0);
  return out.toBytes();
}

/** Writes what an edit puts in the place of its instruction. */
export function emitEdit(emitter: Emitter, out: Writer, edit: Readonly<Edit>, locals: BodyLocals): void {
  if (edit.kind === 'stop-check') out.copy(emitter.check);
  else if (edit.kind === 'store') emitStore(emitter, out, edit, locals);
  else if (emitter.snapshot) emitRare(emitter, emitter.snapshot, out, edit, locals);
}

function emitRare(
  emitter: Emitter,
  layout: SnapshotLayout,
  out: Writer,
  edit: Readonly<Edit>,
  locals: BodyLocals,
): void {
  switch (edit.kind) {
    case 'init':
      return emitInit(emitter.bytes, layout.functions.mark, out, edit, locals);
    case 'size':
      return emitIndexed(out, OP.globalGet, layout.globals.pages);
    case 'spend':
      out.append([OP.i32Const, 1]);
      return emitIndexed(out, OP.globalSet, layout.globals.spent);
    case 'grow':
    case 'fill':
    case 'copy':
      return emitIndexed(out, OP.call, layout.functions[edit.kind]);
    case 'stop-check':
    case 'store':
      return;
  }
}

function emitIndexed(out: Writer, opcode: number, index: number): void {
  out.byte(opcode);
  out.u32(index);
}

/**
 * The store, then the mark of the page that its first byte is in. Marking afterwards means that a store that traps marks
 * nothing and that the address is known to be inside the memory, so the mark is inside the map.
 */
function emitStore({ bytes, mark }: Emitter, out: Writer, edit: Readonly<Edit>, locals: BodyLocals): void {
  const value = locals.value(edit.opcode);
  emitIndexed(out, OP.localSet, value);
  emitIndexed(out, OP.localTee, locals.address);
  emitIndexed(out, OP.localGet, value);
  out.copy(bytes, edit.start, edit.end);
  emitIndexed(out, OP.localGet, locals.address);
  if (edit.offset !== 0) {
    out.byte(OP.i32Const);
    out.s32(edit.offset);
    out.byte(OP.i32Add);
  }
  out.copy(mark);
}

/** `memory.init` keeps its immediates, so it stays where it is, and its target range is marked behind it. */
function emitInit(bytes: Uint8Array, mark: number, out: Writer, edit: Readonly<Edit>, locals: BodyLocals): void {
  const [source, length] = [locals.value(OP.i32Store), locals.length];
  emitIndexed(out, OP.localSet, length);
  emitIndexed(out, OP.localSet, source);
  emitIndexed(out, OP.localTee, locals.address);
  emitIndexed(out, OP.localGet, source);
  emitIndexed(out, OP.localGet, length);
  out.copy(bytes, edit.start, edit.end);
  emitIndexed(out, OP.localGet, locals.address);
  emitIndexed(out, OP.localGet, length);
  emitIndexed(out, OP.call, mark);
}
