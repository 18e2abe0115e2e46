import { functionType, type FunctionType, type Import, type Module } from '@ostiary/wasm';
import type { Abi } from './abi.ts';
import { SandboxError } from './errors.ts';

/** Signatures are written `parameters:results`, with `i` for i32, `I` for i64 and the type's own name for the rest. */
function signature({ params, results }: Pick<FunctionType, 'params' | 'results'>): string {
  const letters = (types: FunctionType['params']): string =>
    types.map((type) => ({ i32: 'i', i64: 'I' })[type as string] ?? type).join('');
  return `${letters(params)}:${letters(results)}`;
}

/**
 * Checks that a module fits its ABI: what can be known before it runs is known before it is asked anything.
 *
 * @throws SandboxError naming the import or export, what was expected and what was found
 */
export function checkShape(module: Module, abi: Abi, operations: readonly string[]): void {
  for (const entry of module.imports) checkImport(entry, abi);
  for (const [name, expected] of Object.entries(abi.requiredExports)) checkExport(module, name, expected);
  if (abi.operationsAreExports) for (const name of operations) checkOperation(module, name);
  for (const name of ['_start', '_initialize', 'wapc_init']) checkInitialiser(module, name);
}

function checkImport(entry: Import, abi: Abi): void {
  const { importsMemory } = abi;
  if (entry.kind === 'memory' && entry.module === importsMemory?.module && entry.name === importsMemory.name) return;
  const name = `${entry.module}.${entry.name}`;
  const offered = abi.imports[entry.module];
  const expected = offered && Object.hasOwn(offered, entry.name) ? offered[entry.name] : undefined;
  if (entry.kind !== 'function' || expected === undefined) {
    const modules = Object.keys(abi.imports).join(' and ');
    throw new SandboxError(
      'unknown-import',
      `imports the ${entry.kind} '${name}', which nobody offers: only ${modules} are`,
    );
  }
  const found = signature(entry.type);
  if (found !== expected) throw wrongSignature(`import '${name}'`, expected, found);
}

function exported(module: Module, name: string): FunctionType | undefined {
  const entry = module.exports.find((candidate) => candidate.name === name && candidate.kind === 'function');
  return entry && functionType(module, entry.index);
}

function checkExport(module: Module, name: string, expected: string): void {
  const type = exported(module, name);
  if (!type) throw missing(name);
  if (signature(type) !== expected) throw wrongSignature(`function '${name}'`, expected, signature(type));
}

/** Results are ignored, as in the original; a parameter could only be made up. */
function checkOperation(module: Module, name: string): void {
  const type = exported(module, name);
  if (!type) throw missing(name);
  if (type.params.length > 0) throw wrongSignature(`function '${name}'`, ':', signature(type));
}

function checkInitialiser(module: Module, name: string): void {
  const type = exported(module, name);
  if (type && type.params.length > 0) throw wrongSignature(`function '${name}'`, ':', signature(type));
}

function missing(name: string): SandboxError {
  return new SandboxError('missing-export', `does not export the function '${name}'`);
}

function wrongSignature(what: string, expected: string, found: string): SandboxError {
  const words = (text: string): string =>
    `(${text.replace(':', ') -> (')})`.replaceAll('i', 'i32 ').replaceAll('I', 'i64 ').replaceAll(' )', ')');
  return new SandboxError('wrong-signature', `${what} has the signature ${words(found)}, expected ${words(expected)}`);
}
