import type { JsonValue } from '@ostiary/policy';
import type { Document } from './documents.ts';
import type { FindKind, KindNames } from './kinds.ts';
import { memberAt, textAt } from './value.ts';

/** Kinds that the manifests themselves define, by their CustomResourceDefinitions. */
export function kindsDefinedBy(documents: readonly Document[]): FindKind {
  const defined = new Map<string, KindNames>();
  for (const { value } of documents) {
    if (textAt(value, 'kind') !== 'CustomResourceDefinition') continue;
    const names = definedBy(value);
    if (names) defined.set(names.key, names);
  }
  return async (apiVersion, kind) => defined.get(`${apiVersion.split('/')[0]}/${kind}`);
}

function definedBy(definition: JsonValue): (KindNames & { readonly key: string }) | undefined {
  const spec = memberAt(definition, 'spec');
  const group = textAt(spec, 'group');
  const kind = textAt(spec, 'names', 'kind');
  const plural = textAt(spec, 'names', 'plural');
  if (group === undefined || kind === undefined || plural === undefined) return undefined;
  return { key: `${group}/${kind}`, plural, namespaced: textAt(spec, 'scope') !== 'Cluster' };
}

/** Which cluster is asked. */
export interface ClusterFlags {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** Kinds that a live cluster has; asks nothing before the first question. */
export function kindsOfCluster({ kubeconfig, context }: ClusterFlags): FindKind {
  let discovery: Promise<import('@ostiary/kube').Discovery> | undefined;
  return async (apiVersion, kind) => {
    discovery ??= discover({ kubeconfig, context });
    const found = await (await discovery).resourceFor({ apiVersion, kind });
    return found && { plural: found.plural, namespaced: found.namespaced };
  };
}

async function discover({ kubeconfig, context }: ClusterFlags): Promise<import('@ostiary/kube').Discovery> {
  const { createDiscovery, createKubeClient, loadKubeConfig } = await import('@ostiary/kube');
  return createDiscovery(createKubeClient(await loadKubeConfig({ path: kubeconfig, context })));
}

/** Asks one after the other until somebody knows. */
export function firstOf(...finders: readonly (FindKind | undefined)[]): FindKind {
  return async (apiVersion, kind) => {
    for (const find of finders) {
      const found = await find?.(apiVersion, kind);
      if (found) return found;
    }
    return undefined;
  };
}
