import { joinShared, memberText, writeObject } from '../json/text.ts';
import { CapabilityError } from '../errors.ts';

/** Rego policies see the cluster in one of two shapes. */
export type InventoryKind = 'opa' | 'gatekeeper';

/** All objects of one kind. */
export interface ListedKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly items: readonly {
    readonly name: string;
    readonly namespace: string | undefined;
    readonly json: Uint8Array;
  }[];
  /** Whose version changes with the objects. */
  readonly slot: number;
}

/** A tree whose leaves are JSON texts. */
type Tree = Map<string, Tree | Uint8Array>;

/**
 * What a policy sees of the cluster: for OPA the value of `data.kubernetes`, by plural name, namespace and name; for
 * Gatekeeper the whole data document, by scope (contract: policy-server §9.3, §9.4). Throws CapabilityError `invalid`
 * when a plural name means both cluster-scoped and namespaced objects.
 */
export function inventoryDocument(kind: InventoryKind, lists: readonly ListedKind[]): Uint8Array {
  const tree = kind === 'opa' ? opaTree(lists) : gatekeeperTree(lists);
  return joinShared([textOf(tree)]);
}

function opaTree(lists: readonly ListedKind[]): Tree {
  const tree: Tree = new Map();
  const scopes = new Map<string, boolean>();
  for (const { plural, namespaced, items } of lists) {
    if ((scopes.get(plural) ?? namespaced) !== namespaced) {
      throw new CapabilityError('invalid', `'${plural}' names both cluster-scoped and namespaced resources`);
    }
    scopes.set(plural, namespaced);
    branch(tree, [plural]);
    for (const { name, namespace = '', json } of items) {
      branch(tree, namespaced ? [plural, namespace] : [plural]).set(name, json);
    }
  }
  return tree;
}

function gatekeeperTree(lists: readonly ListedKind[]): Tree {
  const cluster: Tree = new Map();
  const inNamespaces: Tree = new Map();
  for (const { apiVersion, kind, namespaced, items } of lists) {
    for (const { name, namespace = '', json } of items) {
      const parent = namespaced
        ? branch(inNamespaces, [namespace, apiVersion, kind])
        : branch(cluster, [apiVersion, kind]);
      parent.set(name, json);
    }
  }
  return new Map([
    [
      'inventory',
      new Map([
        ['cluster', cluster],
        ['namespace', inNamespaces],
      ]),
    ],
  ]);
}

function branch(tree: Tree, path: readonly string[]): Tree {
  let node = tree;
  for (const step of path) {
    let next = node.get(step);
    if (!(next instanceof Map)) node.set(step, (next = new Map()));
    node = next;
  }
  return node;
}

function textOf(tree: Tree): Uint8Array {
  return writeObject([...tree].map(([name, node]) => memberText(name, node instanceof Map ? textOf(node) : node)));
}
