import { SECTION } from '../binary/sections.ts';
import { WasmError } from '../errors.ts';
import type { Module } from '../module.ts';
import { sectionOffset } from './limits.ts';
import { HOST_MODULE } from './options.ts';

/**
 * Throws `unsupported`, the feature named, for a module whose declarations show that it can't be rewritten soundly.
 *
 * Structs, arrays and exceptions that carry references are refused because such objects live in the heap of the
 * JavaScript engine: a guest could fill it, which ends the process, and no limit on its linear memory would help.
 */
export function refuse(bytes: Uint8Array, module: Module): void {
  const no = (section: (typeof SECTION)[keyof typeof SECTION], feature: string): never => {
    throw new WasmError('unsupported', feature, sectionOffset(bytes, module, section));
  };
  const memory = module.memories[0];
  if (module.memories.length > 1) no(SECTION.memory, 'more than one memory');
  if (memory?.shared) no(SECTION.memory, 'shared memory');
  if (memory?.memory64) no(SECTION.memory, '64-bit memory');
  if (module.imports.some((entry) => entry.module === HOST_MODULE)) {
    no(SECTION.import, `an import from the module "${HOST_MODULE}", which is the host's own`);
  }
  if (module.exports.some((entry) => entry.name.startsWith(`${HOST_MODULE}.`))) {
    no(SECTION.export, `an export whose name starts with "${HOST_MODULE}.", which is the host's own`);
  }
  if (module.types.some((type) => type.kind !== 'function')) no(SECTION.type, 'garbage-collected structs or arrays');
  if (module.tags.some((type) => carriesReferences(module, type))) no(SECTION.tag, 'exceptions that carry references');
}

function carriesReferences(module: Module, typeIndex: number): boolean {
  const type = module.types[typeIndex];
  return type?.kind === 'function' && type.params.some((param) => param.includes('ref'));
}
