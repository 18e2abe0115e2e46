import type { AdmissionModule } from '../module.ts';
import type { Verdict } from './verdict.ts';

/** What the modules of one phase said besides their decision. */
export interface Notes {
  readonly warnings: string[];
  readonly auditAnnotations: Map<string, string>;
}

export function noNotes(): Notes {
  return { warnings: [], auditAnnotations: new Map() };
}

/** Keeps a module's warnings and audit annotations; an annotation that two modules write differently is kept for both. */
export function collect(
  notes: Notes,
  module: Pick<AdmissionModule, 'name'>,
  verdict: Pick<Verdict, 'warnings' | 'auditAnnotations'>,
): void {
  notes.warnings.push(...verdict.warnings);
  for (const [key, value] of verdict.auditAnnotations) {
    notes.auditAnnotations.set(freeKey(notes.auditAnnotations, module.name, key, value), value);
  }
}

/**
 * The key itself, or on collision the key behind the module's name. The API server puts the webhook's name and a slash
 * before it and drops keys with a second slash, so a dot separates.
 */
function freeKey(taken: ReadonlyMap<string, string>, module: string, key: string, value: string): string {
  const isFree = (candidate: string): boolean => !taken.has(candidate) || taken.get(candidate) === value;
  if (isFree(key)) return key;
  const prefixed = `${module}.${key}`;
  // Names of modules are not unique.
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? prefixed : `${prefixed}.${number}`;
    if (isFree(candidate)) return candidate;
  }
}
