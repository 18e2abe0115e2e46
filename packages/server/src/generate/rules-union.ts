import type { Rule } from '@ostiary/policy';
import { covers } from '../config/rules.ts';

/**
 * The fewest of the given rules that together match what all of them match: no rule twice, and none that another one
 * covers. Rules that can never match, which a lenient reader lets through, are left out, because the API server
 * refuses them; for the same reason entries that a wildcard beside them covers are left out.
 */
export function unionOfRules(rules: readonly Rule[]): readonly Rule[] {
  const union: Rule[] = [];
  for (const rule of rules.map(simplified)) {
    if (rule === undefined || union.some((earlier) => coversRule(earlier, rule))) continue;
    const kept = union.filter((earlier) => !coversRule(rule, earlier));
    union.splice(0, union.length, ...kept, rule);
  }
  return union;
}

const OPERATIONS: ReadonlySet<string> = new Set(['CREATE', 'UPDATE', 'DELETE', 'CONNECT', '*']);
const SCOPES: ReadonlySet<string> = new Set(['Cluster', 'Namespaced', '*']);

function simplified({ operations, apiGroups, apiVersions, resources, scope = '*' }: Rule): Rule | undefined {
  const rule = {
    operations: wildcardAlone(operations.filter((operation) => OPERATIONS.has(operation))),
    apiGroups: wildcardAlone(apiGroups),
    apiVersions: wildcardAlone(apiVersions.filter((version) => version !== '')),
    resources: uncovered(resources.filter((resource) => resource !== '')),
    scope,
  };
  const lists = [rule.operations, rule.apiGroups, rule.apiVersions, rule.resources];
  return lists.every((list) => list.length > 0) && SCOPES.has(scope) ? rule : undefined;
}

function wildcardAlone(values: readonly string[]): readonly string[] {
  return values.includes('*') ? ['*'] : [...new Set(values)];
}

function uncovered(resources: readonly string[]): readonly string[] {
  const unique = [...new Set(resources)];
  return unique.filter((resource) => !unique.some((other) => other !== resource && covers(other, resource)));
}

function coversRule(wide: Rule, narrow: Rule): boolean {
  return (
    coversAll(wide.operations, narrow.operations) &&
    coversAll(wide.apiGroups, narrow.apiGroups) &&
    coversAll(wide.apiVersions, narrow.apiVersions) &&
    (wide.scope === '*' || wide.scope === narrow.scope) &&
    narrow.resources.every((resource) => wide.resources.some((other) => other === resource || covers(other, resource)))
  );
}

function coversAll(wide: readonly string[], narrow: readonly string[]): boolean {
  return wide.includes('*') || narrow.every((value) => wide.includes(value));
}
