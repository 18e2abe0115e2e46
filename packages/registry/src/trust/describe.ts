import { stringify } from 'yaml';
import type { Constraint } from './check.ts';
import { MAX_EXPLAINED } from './limits.ts';

/** Why one signature doesn't satisfy a constraint. */
export interface Miss {
  readonly label: string;
  readonly reason: string;
}

/** A constraint that no signature satisfies. */
export interface Unmet {
  readonly constraint: Constraint;
  readonly misses: readonly Miss[];
}

/**
 * The constraints as YAML (authoring contract §5.1), each followed by comments that say of every signature why it didn't
 * satisfy it.
 */
export function describeUnmet(unmet: readonly Unmet[]): string {
  return ['The following constraints were not satisfied:', ...unmet.map(describeOne)].join('\n');
}

function describeOne({ constraint, misses }: Unmet): string {
  const lines = misses.slice(0, MAX_EXPLAINED).map(({ label, reason }) => `# ${label}: ${reason}`);
  if (misses.length > MAX_EXPLAINED) lines.push(`# and ${misses.length - MAX_EXPLAINED} more`);
  return [yamlOf(constraint), ...lines].join('\n');
}

function yamlOf(constraint: Constraint): string {
  if (constraint.kind === 'certificate') {
    return stringify({ kind: constraint.kind, requireRekorBundle: constraint.requireRekorBundle }).trimEnd();
  }
  const { annotations = null, ...rest } = constraint;
  if (rest.kind !== 'genericIssuer') return stringify({ ...rest, annotations }).trimEnd();
  const { kind, issuer, subject } = rest;
  const [tag, value] = 'equal' in subject ? ['equal', subject.equal] : ['urlPrefix', subject.urlPrefix];
  const head = stringify({ kind, issuer }).trimEnd();
  return `${head}\nsubject: !${tag} ${stringify(value).trimEnd()}\n${stringify({ annotations }).trimEnd()}`;
}
