import { isObject, parseLossless } from '../patch/json.ts';
import { PolicyError } from './errors.ts';

/** The objects of one kind in a cluster, for policies that may see them. */
export interface ResourceList {
  readonly apiVersion: string;
  readonly kind: string;
  /** The resource's name in paths, such as `services`. */
  readonly plural: string;
  readonly namespaced: boolean;
  readonly items: readonly ResourceItem[];
}

export interface ResourceItem {
  readonly name: string;
  /** Undefined exactly for cluster-scoped ones. */
  readonly namespace: string | undefined;
  /** The object as JSON text. */
  readonly json: string;
}

/** A tree whose leaves are JSON texts. */
type Tree = Map<string, Tree | string>;

/**
 * The data document of an OPA policy: its settings, and with `lists` the objects under `kubernetes`, by plural name,
 * namespace (if they have one) and name (contract: policy-server §7.3, §9.3). Throws PolicyError when one plural name
 * stands for cluster-scoped and for namespaced objects.
 */
export function opaData(settings: string, lists: readonly ResourceList[] | undefined): string {
  if (lists === undefined) return settings;
  const scopes = new Map<string, boolean>();
  const tree: Tree = new Map();
  for (const { plural, namespaced, items } of lists) {
    if ((scopes.get(plural) ?? namespaced) !== namespaced) {
      throw new PolicyError('invalid-context', `'${plural}' names both cluster-scoped and namespaced resources`);
    }
    scopes.set(plural, namespaced);
    branch(tree, [plural]);
    for (const { name, namespace, json } of items) {
      branch(tree, namespaced ? [plural, namespace ?? ''] : [plural]).set(name, json);
    }
  }
  return withMember(settings, 'kubernetes', textOfTree(tree));
}

/** The data document of a Gatekeeper policy; without `lists` it has none (contract: policy-server §9.4). */
export function gatekeeperData(lists: readonly ResourceList[] | undefined): string {
  if (lists === undefined) return '{}';
  const cluster: Tree = new Map();
  const namespace: Tree = new Map();
  for (const { apiVersion, kind, namespaced, items } of lists) {
    for (const item of items) {
      const parent = namespaced
        ? branch(namespace, [item.namespace ?? '', apiVersion, kind])
        : branch(cluster, [apiVersion, kind]);
      parent.set(item.name, item.json);
    }
  }
  return `{"inventory":{"cluster":${textOfTree(cluster)},"namespace":${textOfTree(namespace)}}}`;
}

function branch(tree: Tree, path: readonly string[]): Tree {
  let node = tree;
  for (const step of path) {
    let next = node.get(step);
    if (typeof next !== 'object') node.set(step, (next = new Map()));
    node = next;
  }
  return node;
}

function textOfTree(tree: Tree): string {
  const members = [...tree].map(
    ([name, node]) => `${JSON.stringify(name)}:${typeof node === 'string' ? node : textOfTree(node)}`,
  );
  return `{${members.join(',')}}`;
}

/** The object with one more member, in place of one of the same name; numbers keep their spelling. */
function withMember(object: string, name: string, value: string): string {
  const fields = parseLossless(new TextEncoder().encode(object));
  const members = isObject(fields)
    ? Object.entries(fields)
        .filter(([key]) => key !== name)
        .map(([key, field]) => `${JSON.stringify(key)}:${JSON.stringify(field)}`)
    : [];
  return `{${[...members, `${JSON.stringify(name)}:${value}`].join(',')}}`;
}
