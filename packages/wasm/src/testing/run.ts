import type { Rewritten } from '../rewrite/options.ts';

/** An instance with what the tests look at. */
export interface Running {
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory;
  readonly imports: WebAssembly.Imports;
}

export function controlMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
}

/** Instantiates a rewritten module as a host does; `initial` gives its memory more pages than it asks for. */
export function instantiateRewritten(
  { bytes, memory, control }: Rewritten,
  guestImports: WebAssembly.Imports,
  controlPage: WebAssembly.Memory,
  initial?: number,
): Running {
  const imports: WebAssembly.Imports = { ...guestImports };
  const limits = memory?.limits ?? { initial: 0, maximum: 0 };
  const own = new WebAssembly.Memory({ ...limits, initial: Math.min(initial ?? limits.initial, limits.maximum) });
  if (memory) imports[memory.module] = { ...imports[memory.module], [memory.name]: own };
  if (control) imports[control.module] = { ...imports[control.module], [control.name]: controlPage };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  return { exports: instance.exports, memory: own, imports };
}
