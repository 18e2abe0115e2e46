import { SelectorError } from './errors.ts';
import { parseRequirements } from './selector-text.ts';

/** `metav1.LabelSelector`: all parts must hold. An empty one matches everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?: readonly LabelSelectorRequirement[] | undefined;
}

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[] | undefined;
}

/** One part of a selector, checked. `Gt` and `Lt` exist only in selectors written as text. */
export interface Requirement {
  readonly key: string;
  readonly operator: LabelSelectorRequirement['operator'] | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

/** A prefix is a DNS subdomain of at most 253 characters, a name has at most 63 and begins and ends alphanumerically. */
const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const INTEGER = /^[+-]?\d{1,19}$/;

/**
 * The parts of a selector, written as an object or as text (`a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1,m<2`), sorted by
 * key. Throws SelectorError where Kubernetes would refuse it.
 */
export function parseLabelSelector(selector: LabelSelector | string): readonly Requirement[] {
  const parts = typeof selector === 'string' ? parseRequirements(selector) : requirementsOf(selector);
  for (const part of parts) check(part);
  return parts.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Whether labels fit. `NotIn` and `DoesNotExist` hold for a label that is absent. Throws SelectorError. */
export function matchesLabelSelector(selector: LabelSelector | string, labels: Labels | undefined): boolean {
  return matchesRequirements(parseLabelSelector(selector), labels);
}

/** The same for a selector that is parsed once and used often. */
export function matchesRequirements(requirements: readonly Requirement[], labels: Labels = {}): boolean {
  return requirements.every((requirement) => holds(requirement, labels));
}

/** The text form, as the API server takes it in `labelSelector`. Throws SelectorError. */
export function formatLabelSelector(selector: LabelSelector | string): string {
  return parseLabelSelector(selector).map(format).join(',');
}

function requirementsOf({ matchLabels, matchExpressions }: LabelSelector): readonly Requirement[] {
  const equalities = Object.entries(matchLabels ?? {}).map(([key, value]): Requirement => ({
    key,
    operator: 'In',
    values: [value],
  }));
  const expressions = (matchExpressions ?? []).map(({ key, operator, values }): Requirement => ({
    key,
    operator,
    values: values ?? [],
  }));
  return [...equalities, ...expressions];
}

function check({ key, operator, values }: Requirement): void {
  const slash = typeof key === 'string' ? key.indexOf('/') : -1;
  const prefixOk = slash < 0 || PREFIX.test(key.slice(0, slash));
  if (typeof key !== 'string' || !prefixOk || !NAME.test(key.slice(slash + 1))) {
    throw new SelectorError(`${JSON.stringify(key)} is not a label key`);
  }
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) throw new SelectorError(`${key}: operator ${operator} needs values`);
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) throw new SelectorError(`${key}: operator ${operator} takes no values`);
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1 || !INTEGER.test(values[0] ?? '')) {
        throw new SelectorError(`${key}: operator ${operator} takes one integer`);
      }
      break;
    default:
      throw new SelectorError(`${key}: ${JSON.stringify(operator)} is not an operator`);
  }
  for (const value of values) {
    if (typeof value !== 'string' || (value !== '' && !NAME.test(value))) {
      throw new SelectorError(`${key}: ${JSON.stringify(value)} is not a label value`);
    }
  }
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && INTEGER.test(value) && BigInt(value) > BigInt(values[0] ?? '0');
    case 'Lt':
      return value !== undefined && INTEGER.test(value) && BigInt(value) < BigInt(values[0] ?? '0');
  }
}

function format({ key, operator, values }: Requirement): string {
  const sorted = values.toSorted().join(',');
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${sorted}` : `${key} in (${sorted})`;
    case 'NotIn':
      return values.length === 1 ? `${key}!=${sorted}` : `${key} notin (${sorted})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    case 'Gt':
      return `${key}>${sorted}`;
    case 'Lt':
      return `${key}<${sorted}`;
  }
}
