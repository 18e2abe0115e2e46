import { OP } from '../binary/opcodes.ts';
import {
  add,
  at,
  call,
  copy,
  fill,
  functionBody,
  getGlobal,
  getLocal,
  i32,
  less,
  loop,
  maximum,
  minimum,
  op,
  setGlobal,
  setLocal,
  shiftLeft,
  shiftRight,
  size,
  subtract,
  unsigned,
  when,
  type Code,
} from './assembler.ts';
import { GO_STACK_POINTER, type GoResume } from './go-resume.ts';
import { isNullable } from './globals.ts';
import type { HelperName, HelperType, ShadowLayout, SnapshotLayout } from './layout.ts';

/** Bytes by which a store may reach into the page behind the one it is marked in: v128 is the widest, 15 at most. */
const STRADDLE = 16;

const PAGE = 65_536;

export const HELPER_SIGNATURES: Readonly<Record<HelperName, HelperType>> = {
  grow: '1_1',
  mark: '2_0',
  fill: '3_0',
  copy: '3_0',
  putBack: '2_0',
  restoreMemory: '0_0',
  save: '0_0',
  restore: '0_1',
  park: '0_0',
};

/** The bodies of the helper functions, each as it stands in the code section. */
export function helperBody(name: HelperName, layout: SnapshotLayout, maxPages: number): Uint8Array {
  const { shadow } = layout;
  if (name === 'save') return saveBody(layout);
  if (name === 'restore') return restoreBody(layout);
  if (!shadow) return functionBody(0, OP.unreachable);
  switch (name) {
    case 'grow':
      return growBody(layout, maxPages);
    case 'mark':
      return markBody(shadow);
    case 'fill':
      return functionBody(0, fill(0, ...params(3)), call(layout.functions.mark, getLocal(0), getLocal(2)));
    case 'copy':
      return functionBody(0, copy(0, 0, ...params(3)), call(layout.functions.mark, getLocal(0), getLocal(2)));
    case 'putBack':
      return putBackBody(layout, shadow);
    case 'restoreMemory':
      return layout.mode === 'dirty-map' ? restoreDirtyBody(layout, shadow) : restoreAllBody(layout, shadow);
    case 'park':
      return layout.resume ? parkBody(layout.resume) : functionBody(0, OP.unreachable);
  }
}

function params(count: number): Code[] {
  return Array.from({ length: count }, (_, index) => getLocal(index));
}

/**
 * `memory.grow` on the pages that the guest sees. The memory itself never shrinks, so after a restore it may have the
 * pages already; they are zero, because a restore puts everything behind the snapshot back to zero.
 */
function growBody({ globals }: SnapshotLayout, maxPages: number): Uint8Array {
  const [more, old, needed] = [0, 1, 2];
  const failure: Code = [setGlobal(globals.refused, i32(1)), i32(-1), OP.return];
  return functionBody(
    2,
    setLocal(old, getGlobal(globals.pages)),
    when(less(subtract(i32(maxPages), getLocal(old)), getLocal(more)), ...failure),
    setLocal(needed, add(getLocal(old), getLocal(more))),
    when(
      less(size(0), getLocal(needed)),
      when([subtract(getLocal(needed), size(0)), OP.memoryGrow, 0, i32(-1), OP.i32Eq], ...failure),
    ),
    setGlobal(globals.pages, getLocal(needed)),
    getLocal(old),
  );
}

/** Marks the 4 KiB pages of a range that has just been written, so it is known to lie inside the memory. */
function markBody(shadow: ShadowLayout): Uint8Array {
  const [start, length] = [getLocal(0), getLocal(1)];
  const first = shiftRight(start, 12);
  const last = shiftRight(subtract(add(start, length), i32(1)), 12);
  return functionBody(0, when(length, fill(shadow.memory, first, i32(1), add(subtract(last, first), i32(1)))));
}

/** Makes the snapshot: of the memory, comparing first, so that pages which are zero in both stay untouched. */
function saveBody(layout: SnapshotLayout): Uint8Array {
  const { globals, shadow, copies, functions } = layout;
  return functionBody(
    2,
    shadow ? saveMemory(layout, shadow) : [],
    setGlobal(globals.savedPages, getGlobal(globals.pages)),
    setGlobal(globals.spent, i32(0)),
    setGlobal(globals.refused, i32(0)),
    copies.map(({ global, copy }) => setGlobal(copy, getGlobal(global))),
    shadow ? [zeroStraddle(layout), call(functions.restoreMemory)] : [],
  );
}

function saveMemory({ globals, mode }: SnapshotLayout, shadow: ShadowLayout): Code {
  const [page, offset] = [0, 1];
  const total = shiftLeft(getGlobal(globals.pages), 4);
  const needed = add(getGlobal(globals.pages), i32(shadow.mapPages));
  const address = add(shiftLeft(getLocal(page), 12), getLocal(offset));
  const base = shadow.mapPages * PAGE;
  const differs: Code = [
    [address, op(OP.v128Load, at(0)), address, op(OP.v128Load, at(shadow.memory, base))],
    [op(OP.v128Xor), op(OP.v128AnyTrue)],
  ];
  const start = shiftLeft(getLocal(page), 12);
  const copyPage = [copy(shadow.memory, 0, add(start, i32(base)), start, i32(4096)), setLocal(offset, i32(4096))];
  return [
    when(
      less(size(shadow.memory), needed),
      when(
        [subtract(needed, size(shadow.memory)), OP.memoryGrow, unsigned(shadow.memory), i32(-1), OP.i32Eq],
        OP.unreachable,
      ),
    ),
    loop(
      when(
        less(getLocal(page), total),
        setLocal(offset, i32(0)),
        loop(when(differs, ...copyPage), setLocal(offset, add(getLocal(offset), i32(16))), [
          less(getLocal(offset), i32(4096)),
          OP.brIf,
          0,
        ]),
        setLocal(page, add(getLocal(page), i32(1))),
        [OP.br, 1],
      ),
    ),
    mode === 'dirty-map' ? fill(shadow.memory, i32(0), i32(0), total) : [],
  ];
}

/** What the last page of the snapshot may have spilt over its end, into pages that only a larger memory has. */
function zeroStraddle({ globals }: SnapshotLayout): Code {
  return when(
    less(getGlobal(globals.savedPages), size(0)),
    fill(0, shiftLeft(getGlobal(globals.savedPages), 16), i32(0), i32(STRADDLE)),
  );
}

/** Puts the state of the snapshot back; returns 1 when something changed that can't be put back. */
function restoreBody({ globals, shadow, copies, functions }: SnapshotLayout): Uint8Array {
  return functionBody(
    0,
    copies.map(({ global, copy, type }) =>
      setGlobal(global, getGlobal(copy), ...(isNullable(type) ? [] : [OP.refAsNonNull])),
    ),
    setGlobal(globals.pages, getGlobal(globals.savedPages)),
    setGlobal(globals.refused, i32(0)),
    shadow ? call(functions.restoreMemory) : [],
    getGlobal(globals.spent),
  );
}

/** The whole memory: the snapshot, then zeros as far as the memory goes. */
function restoreAllBody({ globals }: SnapshotLayout, shadow: ShadowLayout): Uint8Array {
  const saved = shiftLeft(getGlobal(globals.savedPages), 16);
  return functionBody(
    0,
    copy(0, shadow.memory, i32(0), i32(shadow.mapPages * PAGE), saved),
    when(
      less(getGlobal(globals.savedPages), size(0)),
      fill(0, saved, i32(0), shiftLeft(subtract(size(0), getGlobal(globals.savedPages)), 16)),
    ),
  );
}

/**
 * Looks for runs of marked pages, 64 marks (256 KiB) at a time, then eight, then one. The map is whole pages of 64 KiB,
 * so reading a group to its end never leaves it.
 */
function restoreDirtyBody({ functions }: SnapshotLayout, shadow: ShadowLayout): Uint8Array {
  const [page, end] = [0, 1];
  const total = shiftLeft(size(0), 4);
  const mark = (local: number): Code => [getLocal(local), OP.i32Load8U, at(shadow.memory)];
  const skip = (count: number): Code => [setLocal(page, add(getLocal(page), i32(count))), OP.br];
  const vector = (offset: number): Code => [getLocal(page), op(OP.v128Load, at(shadow.memory, offset))];
  const group: Code = [
    [vector(0), vector(16), op(OP.v128Or), vector(32), op(OP.v128Or), vector(48), op(OP.v128Or)],
    [op(OP.v128AnyTrue), OP.i32Eqz],
  ];
  const isMultiple = (of: number): Code => [getLocal(page), i32(of - 1), OP.i32And, OP.i32Eqz];
  const word: Code = [getLocal(page), OP.i64Load, at(shadow.memory), OP.i64Eqz];
  const moreMarked: Code = [less(getLocal(end), total), OP.if, 0x7f, mark(end), 0x05, i32(0), OP.end];
  return functionBody(
    2,
    loop(
      when(
        less(getLocal(page), total),
        when(isMultiple(64), when(group, ...skip(64), 3)),
        when(isMultiple(8), when(word, ...skip(8), 3)),
        when([mark(page), OP.i32Eqz], ...skip(1), 2),
        setLocal(end, getLocal(page)),
        loop(setLocal(end, add(getLocal(end), i32(1))), [moreMarked, OP.brIf, 0]),
        call(functions.putBack, getLocal(page), getLocal(end)),
        setLocal(page, getLocal(end)),
        [OP.br, 1],
      ),
    ),
  );
}

/** Restores the 4 KiB pages from the first to before the second, with what stores may have spilt behind them. */
function putBackBody({ globals }: SnapshotLayout, shadow: ShadowLayout): Uint8Array {
  const [first, end, start, stop] = [0, 1, 2, 3];
  const saved = shiftLeft(getGlobal(globals.savedPages), 16);
  const from = maximum(getLocal(start), saved);
  return functionBody(
    2,
    fill(shadow.memory, getLocal(first), i32(0), subtract(getLocal(end), getLocal(first))),
    setLocal(start, shiftLeft(getLocal(first), 12)),
    setLocal(stop, minimum(add(shiftLeft(getLocal(end), 12), i32(STRADDLE)), shiftLeft(size(0), 16))),
    when(
      less(getLocal(start), saved),
      copy(
        0,
        shadow.memory,
        getLocal(start),
        add(getLocal(start), i32(shadow.mapPages * PAGE)),
        subtract(minimum(getLocal(stop), saved), getLocal(start)),
      ),
    ),
    when(less(from, getLocal(stop)), fill(0, from, i32(0), subtract(getLocal(stop), from))),
  );
}

/** Puts the program counter of the function that calls `fd_read`, at its first block, where Go's loop looks for it. */
function parkBody({ reader }: GoResume): Uint8Array {
  const counter: Code = [i32(reader), OP.i64ExtendI32U, [OP.i64Const, 16], OP.i64Shl];
  return functionBody(0, subtract(getGlobal(GO_STACK_POINTER), i32(8)), counter, [OP.i64Store, at(0)]);
}
