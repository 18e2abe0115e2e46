import { SECTION } from '../binary/sections.ts';
import { WasmError } from '../errors.ts';
import { importedCount, type Module } from '../module.ts';
import { readModule } from '../read-module.ts';
import { snapshotSections } from './append.ts';
import { assemble } from './assemble.ts';
import { rewriteCode, type NewCode } from './code.ts';
import { rewriteImports, writeLimits } from './imports.ts';
import { layoutOf, type Layout } from './layout.ts';
import { CONTROL_IMPORT, HOST_MODULE, type RewriteInfo, type RewriteOptions, type Rewritten } from './options.ts';
import { refuse } from './refuse.ts';
import { rewriteTables } from './tables.ts';
import { Writer } from '../binary/writer.ts';

/**
 * Makes of a module one that behaves the same and that its host can bound: its memory comes from the host and has a
 * limit, it stops with a trap when the flag at {@link STOP_FLAG_OFFSET} of the control memory is set, and on request it
 * can put its own state back to a snapshot.
 *
 * The result is valid whenever the module is; an invalid module is refused, also one that names indices which only the
 * result has.
 *
 * @throws {WasmError} `malformed` for bytes that are no valid module, `unsupported` for a module that can't be rewritten
 *   soundly (the message names the feature), `limit` when it declares more memory or tables than it may have.
 * @param module What {@link readModule} makes of the same bytes, for those who have it already.
 */
export function rewrite(bytes: Uint8Array, options: RewriteOptions, module: Module = readModule(bytes)): Rewritten {
  refuse(bytes, module);
  if (!WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)) {
    throw new WasmError('malformed', 'not a valid WebAssembly module', 0);
  }
  const layout = layoutOf(bytes, module, options);
  const code = rewriteCode(bytes, module, layout);
  const changed = new Map<number, Uint8Array | undefined>([
    ...snapshotSections(bytes, module, layout),
    [SECTION.import, rewriteImports(bytes, module, layout)],
    [SECTION.table, rewriteTables(bytes, module, layout)],
    [SECTION.memory, memorySection(layout)],
    [SECTION.code, code.payload],
  ]);
  return {
    bytes: assemble(bytes, module, changed),
    memory: layout.memory && { module: layout.memory.module, name: layout.memory.name, limits: layout.memory.limits },
    control: layout.control === undefined ? undefined : { module: HOST_MODULE, name: CONTROL_IMPORT },
    info: infoOf(module, layout, code),
  };
}

/** The guest's memory has become an import; the only memory that is left to define is the shadow. */
function memorySection({ snapshot }: Layout): Uint8Array | undefined {
  if (!snapshot?.shadow) return undefined;
  const out = new Writer();
  out.u32(1);
  writeLimits(out, { initial: snapshot.shadow.mapPages, maximum: snapshot.shadow.maximum });
  return out.toBytes();
}

function infoOf(module: Module, layout: Layout, { functions, edits }: NewCode): RewriteInfo {
  const imported = importedCount(module, 'global');
  const mutable = module.globals.flatMap((type, index) => (type.mutable ? [index] : []));
  const exported = new Set(module.exports.flatMap((entry) => (entry.kind === 'global' ? [entry.index] : [])));
  return {
    functions,
    stopChecks: edits['stop-check'],
    marks: edits.store + edits.init + edits.fill + edits.copy,
    spendingInstructions: edits.spend,
    mutableGlobals: mutable.length,
    importedMutableGlobals: mutable.filter((index) => index < imported).length,
    exportedMutableGlobals: mutable.filter((index) => exported.has(index)).length,
    resumable: layout.snapshot?.resume !== undefined,
  };
}
