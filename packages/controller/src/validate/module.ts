import { parseQuantity } from '@ostiary/cel';
import { OSTIARY_GROUP, type ModuleKind } from '../api/names.ts';
import { member, sameJson, text } from './json.ts';
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
  const module = text(spec, 'module').trim() === '' ? [missing('spec.module', 'a module must be named')] : [];
  return [...module, ...checkMemory(member(spec, 'memory'))];
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
