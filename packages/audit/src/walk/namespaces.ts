import { get, isKubeError, list, resource, type KubeClient, type Labels } from '@ostiary/kube';
import { NAMESPACE_NAME_LABEL } from '../plan/applies.ts';

const NAMESPACES = resource('v1', 'Namespace', 'namespaces', { namespaced: false });

/** The labels of namespaces, by which policies choose. */
export interface Namespaces {
  /** Undefined when there is no such namespace. Throws KubeError. */
  readonly labelsOf: (name: string) => Promise<Labels | undefined>;
  readonly names: () => readonly string[];
}

/** Reads all namespaces once; one that comes later is read when it is met. Throws KubeError. */
export async function loadNamespaces(
  client: KubeClient,
  only: string | undefined,
  signal?: AbortSignal,
): Promise<Namespaces> {
  const known = new Map<string, Labels>();
  const read = async (name: string): Promise<Labels | undefined> => {
    try {
      const { metadata } = await get(client, NAMESPACES, { name }, { signal });
      known.set(name, labelsOf(name, metadata.labels));
    } catch (error) {
      if (!isKubeError(error, 'not-found')) throw error;
    }
    return known.get(name);
  };
  if (only === undefined) {
    for await (const { metadata } of list(client, { resource: NAMESPACES }, { signal }))
      known.set(metadata.name, labelsOf(metadata.name, metadata.labels));
  } else await read(only);
  return {
    names: () => [...known.keys()],
    labelsOf: async (name) => known.get(name) ?? read(name),
  };
}

/** The API server sets this label on every namespace; manifests leave it to it. */
export function labelsOf(name: string, labels: Labels = {}): Labels {
  return { ...labels, [NAMESPACE_NAME_LABEL]: name };
}
