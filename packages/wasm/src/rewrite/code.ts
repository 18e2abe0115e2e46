import { Reader } from '../binary/reader.ts';
import { SECTION, sectionReader } from '../binary/sections.ts';
import { Writer } from '../binary/writer.ts';
import { WasmError } from '../errors.ts';
import { functionType, type Module } from '../module.ts';
import { findEdits, type EditKind, type EditRules } from './edits.ts';
import { emitEdit, newEmitter, type Emitter } from './emit.ts';
import { helperBody } from './helpers.ts';
import { HELPERS, type Layout } from './layout.ts';
import { BodyLocals } from './locals.ts';

/** V8 refuses larger function bodies (`kV8MaxWasmFunctionSize`). */
const MAX_BODY_BYTES = 7_654_321;

export interface NewCode {
  /** The payload of the code section; undefined when there is no code. */
  readonly payload: Uint8Array | undefined;
  /** How many functions the guest has, and how many edits of each kind they got. */
  readonly functions: number;
  readonly edits: Readonly<Record<EditKind, number>>;
}

/** The code section: the guest's functions with all edits, then the helpers. */
export function rewriteCode(bytes: Uint8Array, module: Module, layout: Layout): NewCode {
  const reader = sectionReader(bytes, module.sections, SECTION.code);
  const functions = reader?.count() ?? 0;
  const helpers = helperBodies(layout);
  const edits = noEdits();
  if (functions + helpers.length === 0) return { payload: undefined, functions, edits };
  const out = new Writer((reader?.end ?? 0) * 2 + 1024);
  out.u32(functions + helpers.length);
  if (reader) rewriteBodies(reader, functions, module, layout, out, edits);
  for (const body of helpers) out.copy(body);
  return { payload: out.view(), functions, edits };
}

function helperBodies({ snapshot, memory }: Layout): Uint8Array[] {
  if (!snapshot) return [];
  const bodies = HELPERS.map((name) => helperBody(name, snapshot, memory?.limits.maximum ?? 0));
  if (bodies.some((body) => body.length > MAX_BODY_BYTES)) {
    throw new WasmError('unsupported', 'too many mutable globals to keep copies of', 0);
  }
  return bodies;
}

function noEdits(): Record<EditKind, number> {
  return { 'stop-check': 0, spend: 0, store: 0, init: 0, size: 0, grow: 0, fill: 0, copy: 0 };
}

function rewriteBodies(
  reader: Reader,
  count: number,
  module: Module,
  layout: Layout,
  out: Writer,
  counts: Record<EditKind, number>,
): void {
  const emitter = newEmitter(reader.bytes, layout);
  const rules: EditRules = {
    stopChecks: layout.control !== undefined,
    snapshot: layout.snapshot !== undefined,
    marks: layout.snapshot?.mode === 'dirty-map',
  };
  const head = new Writer();
  const firstOwn = module.functions.length - count;
  for (let index = 0; index < count; index++) {
    const size = reader.u32();
    const start = reader.position;
    reader.skip(size);
    const body = new Reader(reader.bytes, start, reader.position);
    const locals = new BodyLocals(body, functionType(module, firstOwn + index).params.length);
    rewriteBody({ emitter, rules, counts, head }, body, locals, out);
  }
}

interface Bodies {
  readonly emitter: Emitter;
  readonly rules: EditRules;
  readonly counts: Record<EditKind, number>;
  /** Holds what stands before the code of the body that is written. */
  readonly head: Writer;
}

/**
 * One function. Which locals it gets and whether it is checked when it is entered is known only behind its code, so that
 * the code is written with a gap in front of it, which is closed then.
 */
function rewriteBody({ emitter, rules, counts, head }: Bodies, body: Reader, locals: BodyLocals, out: Writer): void {
  const { bytes } = body;
  const begin = out.length;
  out.skip(SIZE_BYTES + locals.mostBytes + emitter.check.length);
  const code = out.length;
  let copied = body.position;
  const calls = findEdits(body, rules, (edit) => {
    counts[edit.kind]++;
    out.copy(bytes, copied, edit.start);
    emitEdit(emitter, out, edit, locals);
    copied = edit.end;
  });
  out.copy(bytes, copied, body.end);
  head.clear();
  locals.write(bytes, head);
  if (calls && rules.stopChecks) {
    counts['stop-check']++;
    head.copy(emitter.check);
  }
  const size = head.length + out.length - code;
  if (size > MAX_BODY_BYTES) {
    throw new WasmError('unsupported', 'a function too large to add checks', locals.start);
  }
  out.closeGap(begin, code, size, head);
}

/** The most that a 32-bit number takes. */
const SIZE_BYTES = 5;
