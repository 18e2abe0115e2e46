import { forbidden, invalid, missing, notSupported, type Problem } from './problem.ts';
import { isObject, list, member, text, texts } from './json.ts';

/** Whether a resource lives in namespaces; undefined for one that the API server does not know (yet). */
export type IsNamespaced = (group: string, resource: string) => boolean | undefined;

const OPERATIONS = ['*', 'CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;
const SCOPES = ['Cluster', 'Namespaced', '*'] as const;

/** Lists of a rule none of which may be empty, or the rule matches nothing and the API server refuses the webhook. */
const LISTS = ['operations', 'apiGroups', 'apiVersions', 'resources'] as const;

/** Checks `spec.rules` (contract: controller §2.2, 1 and 2). */
export function checkRules(spec: unknown, isNamespacedPolicy: boolean, isNamespaced: IsNamespaced): readonly Problem[] {
  const rules = list(spec, 'rules');
  if (rules.length === 0) return [missing('spec.rules', 'a policy must have at least one rule')];
  return rules.flatMap((rule, index) => {
    const path = `spec.rules[${index}]`;
    if (!isObject(rule)) return [invalid(path, rule, 'must be an object')];
    const shape = [
      ...LISTS.flatMap((name) => checkList(rule, name, path)),
      ...checkOperations(rule, path),
      ...checkScope(rule, path),
    ];
    return isNamespacedPolicy ? [...shape, ...checkReach(rule, path, isNamespaced)] : shape;
  });
}

function checkList(rule: unknown, name: (typeof LISTS)[number], path: string): readonly Problem[] {
  const items = texts(rule, name);
  if (items.length === 0) return [missing(`${path}.${name}`, `must have at least one entry`)];
  // The empty group is the core group.
  if (name === 'apiGroups') return [];
  return items.flatMap((item, index) =>
    item === '' ? [missing(`${path}.${name}[${index}]`, 'must not be empty')] : [],
  );
}

function checkOperations(rule: unknown, path: string): readonly Problem[] {
  const operations = texts(rule, 'operations');
  const unknown = operations.flatMap((operation, index) =>
    operation === '' || OPERATIONS.some((known) => known === operation)
      ? []
      : [notSupported(`${path}.operations[${index}]`, operation, OPERATIONS)],
  );
  const isMixed = operations.length > 1 && operations.includes('*');
  return isMixed ? [...unknown, invalid(`${path}.operations`, operations, "'*' must stand alone")] : unknown;
}

function checkScope(rule: unknown, path: string): readonly Problem[] {
  const scope = member(rule, 'scope');
  if (scope === undefined || SCOPES.some((known) => known === scope)) return [];
  return [notSupported(`${path}.scope`, text(rule, 'scope'), SCOPES)];
}

/** A policy of a namespace must reach nothing outside of it, and not the reports that say what policies found. */
function checkReach(rule: unknown, path: string, isNamespaced: IsNamespaced): readonly Problem[] {
  const groups = texts(rule, 'apiGroups');
  const resources = texts(rule, 'resources');
  const scope =
    text(rule, 'scope') === 'Cluster'
      ? [forbidden(`${path}.scope`, 'a policy of a namespace sees no cluster-scoped resources')]
      : [];
  return [
    ...scope,
    ...checkWildcards(groups, resources, path),
    ...checkReports(groups, resources, path),
    ...checkClusterScoped(groups, resources, path, isNamespaced),
  ];
}

function checkWildcards(groups: readonly string[], resources: readonly string[], path: string): readonly Problem[] {
  const group = groups.indexOf('*');
  const resource = resources.findIndex((name) => name === '*' || name.startsWith('*/'));
  if (group < 0 || resource < 0) return [];
  const detail = 'a policy of a namespace must not match all resources of all groups';
  return [forbidden(`${path}.apiGroups[${group}]`, detail), forbidden(`${path}.resources[${resource}]`, detail)];
}

/** Groups of reports; who could change what is written into them could hide what an audit found. */
const REPORTS: readonly { readonly group: string; readonly resources: readonly string[] }[] = [
  { group: 'wgpolicyk8s.io', resources: ['policyreports', 'clusterpolicyreports'] },
  { group: 'openreports.io', resources: ['reports', 'clusterreports'] },
];

function checkReports(groups: readonly string[], resources: readonly string[], path: string): readonly Problem[] {
  return REPORTS.flatMap(({ group, resources: reports }) => {
    const touched = resources.find((resource) => {
      const [name = ''] = resource.split('/');
      return name === '*' || reports.includes(name);
    });
    // A wildcard on one side means the reports only if the other side can.
    const touchesGroup =
      groups.includes(group) || (groups.includes('*') && touched !== undefined && !touched.startsWith('*'));
    return touchesGroup && touched !== undefined
      ? [forbidden(path, `a policy of a namespace must not see ${touched} of ${group}, the reports of audits`)]
      : [];
  });
}

/** For a cluster-scoped object the webhook's namespace selector is not asked: the policy would see the whole cluster. */
function checkClusterScoped(
  groups: readonly string[],
  resources: readonly string[],
  path: string,
  isNamespaced: IsNamespaced,
): readonly Problem[] {
  return resources.flatMap((resource, index) => {
    const [name = ''] = resource.split('/');
    const group =
      name === '*'
        ? undefined
        : groups.find((candidate) => candidate !== '*' && isNamespaced(candidate, name) === false);
    return group === undefined
      ? []
      : [
          invalid(
            `${path}.resources[${index}]`,
            resource,
            'is cluster-scoped, which a policy of a namespace can not see',
          ),
        ];
  });
}
