import type { GateModule, PolicyServer } from '../cluster/objects.ts';
import type { Delivery } from './delivery.ts';
import { gateFiles } from './gates.ts';
import { POLICY_SERVER_LABEL, REVISION } from './names.ts';
import { ownedMeta, type Desired } from './owned.ts';
import { canonicalJson, hashOf, sourcesOf, type PolicyEntries } from './policies.ts';

export const POLICIES_KEY = 'policies.yml';
export const SOURCES_KEY = 'sources.yml';

/** Everything that a PolicyServer's pods are configured with. */
export interface Configuration {
  readonly data: Readonly<Record<string, string>>;
  /** A hash of all data. */
  readonly revision: string;
}

export function configurationOf(
  server: PolicyServer,
  entries: PolicyEntries,
  modules: readonly GateModule[],
): Configuration {
  const data = {
    [POLICIES_KEY]: canonicalJson(entries),
    [SOURCES_KEY]: canonicalJson(sourcesOf(server)),
    ...gateFiles(modules),
  };
  return { data, revision: hashOf(canonicalJson(data)) };
}

/**
 * The ConfigMap of a PolicyServer (contract: controller §3.2). Only ours is told the revision: for others any change of
 * the object, also of its annotations, is a new version.
 */
export function configMapOf(
  server: PolicyServer,
  namespace: string,
  { data, revision }: Configuration,
  delivery: Delivery,
): Desired {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ownedMeta(server, namespace, {
      labels: { [POLICY_SERVER_LABEL]: server.metadata.name },
      ...(delivery === 'hot' ? { annotations: { [REVISION]: revision } } : {}),
    }),
    data,
  };
}
