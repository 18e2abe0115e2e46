import type { ApiResource } from '@ostiary/kube';
import type { Policy, Rule } from '../policies/policy.ts';

/**
 * Whether the creation of an object of this resource, in this version, is what a rule speaks of, as the API server's
 * own matcher decides it: `*` counts in every list, `pods/*` is pods and its subresources, `pods/exec` is no object.
 */
export function ruleMatches(rule: Rule, resource: ApiResource, scope: Rule['scope'] = rule.scope): boolean {
  return (
    includes(rule.operations, 'CREATE') &&
    includes(rule.apiGroups, resource.group) &&
    includes(rule.apiVersions, resource.version) &&
    (scope === '*' || (scope === 'Namespaced') === resource.namespaced) &&
    rule.resources.some((entry) => namesObjects(entry, resource.plural))
  );
}

/** The webhooks of namespaced policies see namespaced objects alone: the controller writes that scope into their rules. */
export function policyMatches(policy: Policy, resource: ApiResource): boolean {
  const isNamespaced = policy.namespace !== '';
  return policy.rules.some((rule) => ruleMatches(rule, resource, isNamespaced ? 'Namespaced' : rule.scope));
}

function namesObjects(entry: string, plural: string): boolean {
  const slash = entry.indexOf('/');
  const resource = slash < 0 ? entry : entry.slice(0, slash);
  return (resource === '*' || resource === plural) && (slash < 0 || entry.slice(slash + 1) === '*');
}

function includes(entries: readonly string[], value: string): boolean {
  return entries.includes('*') || entries.includes(value);
}
