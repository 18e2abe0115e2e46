import { Reader } from '../binary/reader.ts';
import { SECTION, sectionReader } from '../binary/sections.ts';
import { Writer } from '../binary/writer.ts';
import { WasmError } from '../errors.ts';
import { functionType, type Module } from '../module.ts';
import { findEdits, type Edit, type EditKind, type EditRules } from './edits.ts';
import { emitBody, newEmitter } from './emit.ts';
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
  return { payload: out.toBytes(), functions, edits };
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
  const [code, header] = [new Writer(65_536), new Writer()];
  const firstOwn = module.functions.length - count;
  for (let index = 0; index < count; index++) {
    const size = reader.u32();
    const start = reader.position;
    reader.skip(size);
    const body = new Reader(reader.bytes, start, reader.position);
    const locals = new BodyLocals(body, functionType(module, firstOwn + index).params.length);
    const first = body.position;
    const edits = findEdits(body, rules);
    tally(edits, counts);
    code.clear();
    header.clear();
    emitBody(emitter, code, first, body.end, edits, locals);
    locals.write(reader.bytes, header);
    writeBody(out, header, code, start);
  }
}

function tally(edits: readonly Edit[], counts: Record<EditKind, number>): void {
  for (const edit of edits) counts[edit.kind]++;
}

function writeBody(out: Writer, header: Writer, code: Writer, offset: number): void {
  const size = header.length + code.length;
  if (size > MAX_BODY_BYTES) throw new WasmError('unsupported', 'a function too large to add checks', offset);
  out.u32(size);
  out.copy(header.view());
  out.copy(code.view());
}
