/** Problems of a list of API groups or versions: not empty, and `*` stands alone (authoring contract §4.1). */
export function checkVersions(values: readonly string[], noun: string, emptyAllowed: boolean): readonly string[] {
  const problems = checkWildcard(values, noun);
  if (!emptyAllowed && values.includes('')) problems.push(`a ${noun} must not be empty`);
  return problems;
}

/** Problems of a list of operations. */
export function checkOperations(values: readonly string[]): readonly string[] {
  return checkWildcard(values, 'operation');
}

function checkWildcard(values: readonly string[], noun: string): string[] {
  if (values.length === 0) return [`expected at least one ${noun}, found none`];
  return values.length > 1 && values.includes('*') ? ["'*' must be the only entry"] : [];
}

/**
 * Problems of a list of resources. As in Kubernetes the order matters: a wildcard rules out only what comes after it,
 * so that `pods/log, pods/*` passes and `pods/*, pods/log` doesn't.
 */
export function checkResources(values: readonly string[]): readonly string[] {
  if (values.length === 0) return ['expected at least one resource, found none'];
  const problems: string[] = [];
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  for (const value of values) {
    if (value === '') problems.push('a resource must not be empty');
    const slash = value.indexOf('/');
    if (slash === -1) continue;
    const [resource, subresource] = [value.slice(0, slash), value.slice(slash + 1)];
    if (wholeResources.has(resource)) problems.push(`'${resource}/*' already covers '${value}'`);
    else if (wholeSubresources.has(subresource)) problems.push(`'*/${subresource}' already covers '${value}'`);
    if (subresource === '*') wholeResources.add(resource);
    if (resource === '*') wholeSubresources.add(subresource);
  }
  if (values.includes('*/*') && values.length > 1) problems.push("'*/*' must be the only entry");
  const plain = values.some((value) => value !== '*' && !value.includes('/'));
  if (values.includes('*') && plain) problems.push("'*' already covers every resource without subresource");
  return problems;
}
