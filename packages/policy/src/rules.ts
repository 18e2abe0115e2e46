/** A RuleWithOperations of admissionregistration.k8s.io/v1, as the admission configuration lists them. */
export interface Rule {
  readonly operations: readonly string[];
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
  /** `Cluster`, `Namespaced` or `*`; absent means `*`. */
  readonly scope?: string;
}

/** What rules look at: the request as an API server describes it to a webhook. Absent texts are "". */
export interface RequestAttributes {
  /** CREATE, UPDATE, DELETE or CONNECT. */
  readonly operation: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
}

/**
 * Whether any rule matches, as the API server's own webhook matcher decides it (contract: fork §8): a rule needs
 * scope, operation, group, version and resource; an empty list never matches, and neither do unknown words.
 */
export function matchesAny(rules: readonly Rule[], request: RequestAttributes): boolean {
  return rules.some(
    (rule) =>
      scopeMatches(rule.scope, request) &&
      wildcardOr(rule.operations, request.operation) &&
      wildcardOr(rule.apiGroups, request.group) &&
      wildcardOr(rule.apiVersions, request.version) &&
      rule.resources.some((entry) => resourceMatches(entry, request)),
  );
}

function wildcardOr(entries: readonly string[], value: string): boolean {
  return entries.includes('*') || entries.includes(value);
}

/**
 * An entry is `resource[/subresource]`. Without a subresource it means the main resource alone, also when it is `*`;
 * `pods/*` is pods and all its subresources.
 */
function resourceMatches(entry: string, request: RequestAttributes): boolean {
  const slash = entry.indexOf('/');
  const resource = slash < 0 ? entry : entry.slice(0, slash);
  const subresource = slash < 0 ? '' : entry.slice(slash + 1);
  return (
    (resource === '*' || resource === request.resource) && (subresource === '*' || subresource === request.subresource)
  );
}

/** Namespaces carry their own name as their namespace, yet they are objects of the cluster. */
function scopeMatches(scope: string | undefined, request: RequestAttributes): boolean {
  if (scope === undefined || scope === '*') return true;
  const isNamespace = request.resource === 'namespaces' && request.version === 'v1' && request.group === '';
  const isCluster = isNamespace || request.namespace === '';
  return scope === 'Cluster' ? isCluster : scope === 'Namespaced' && !isCluster;
}
