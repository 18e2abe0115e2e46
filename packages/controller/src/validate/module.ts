import { parseQuantity } from '@ostiary/cel';
import { parseReference, ReferenceError_ } from '@ostiary/registry';
import { OSTIARY_GROUP, type ModuleKind } from '../api/names.ts';
import { isObject, member, sameJson, text } from './json.ts';
import { invalid, invalidStatus, missing, type InvalidStatus, type Problem } from './problem.ts';

/** Quantities are in nano units: 10⁹ of them make a byte. */
const BYTE = 1_000_000_000n;

/** One page of WebAssembly, and all that 32-bit addresses reach. */
const LEAST_MEMORY = 64n * 1024n * BYTE;
const MOST_MEMORY = 4n * 1024n ** 3n * BYTE;

/** Everything that is wrong with a module of the other two gates, beyond what its schema says. */
export function validateModule(object: unknown, old: unknown): readonly Problem[] {
  const spec = member(object, 'spec');
  const isUnchanged =
    member(object, 'metadata', 'deletionTimestamp') !== undefined || sameJson(spec, member(old, 'spec'));
  if (old !== undefined && isUnchanged) return [];
  return [
    ...checkReference(text(spec, 'module')),
    ...checkSettings(member(spec, 'settings')),
    ...checkOrder(member(spec, 'order')),
    ...checkMemory(member(spec, 'memory')),
  ];
}

/** The server knows no other name for a registry. */
const FOREIGN = /^oci:\/\//i;

function checkReference(module: string): readonly Problem[] {
  if (module.trim() === '') return [missing('spec.module', 'a module must be named')];
  // Where a relative path starts is the pod's affair.
  if (/^\.{1,2}\//.test(module)) return [invalid('spec.module', module, 'a path must be absolute')];
  if (module.startsWith('/')) return [];
  if (FOREIGN.test(module)) return [invalid('spec.module', module, 'use registry:// in place of oci://')];
  try {
    parseReference(module);
    return [];
  } catch (error) {
    if (!(error instanceof ReferenceError_)) throw error;
    return [invalid('spec.module', module, error.message)];
  }
}

function checkSettings(settings: unknown): readonly Problem[] {
  return settings === undefined || settings === null || isObject(settings)
    ? []
    : [invalid('spec.settings', settings, 'must be an object')];
}

function checkOrder(order: unknown): readonly Problem[] {
  const isInt32 = typeof order === 'number' && Number.isInteger(order) && order === (order | 0);
  return order === undefined || isInt32
    ? []
    : [invalid('spec.order', order, 'must be an integer from -2147483648 to 2147483647')];
}

/** The answer to a module with problems. */
export function moduleStatusOf(kind: ModuleKind, object: unknown, problems: readonly Problem[]): InvalidStatus {
  return invalidStatus(OSTIARY_GROUP, kind, text(object, 'metadata', 'name'), problems);
}

function checkMemory(memory: unknown): readonly Problem[] {
  if (memory === undefined) return [];
  const isWritten = typeof memory === 'string' || typeof memory === 'number';
  const amount = isWritten ? parseQuantity(String(memory)) : undefined;
  return amount !== undefined && amount >= LEAST_MEMORY && amount <= MOST_MEMORY
    ? []
    : [invalid('spec.memory', memory, 'must be a quantity from 64Ki to 4Gi, such as 64Mi')];
}
