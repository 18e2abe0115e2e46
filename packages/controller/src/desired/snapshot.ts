import type { PolicyServer } from '../cluster/objects.ts';
import type { Configuration } from './config-map.ts';
import { CONFIG_VERSION, objectName } from './names.ts';
import { ownedMeta, type Desired } from './owned.ts';

/** Whose configuration a snapshot is. Not the usual label, by which others look for the ConfigMap of a server. */
export const SNAPSHOT_OF = 'ostiary.dev/snapshot-of';

/** Names of PolicyServers have no dots, so this is nobody's own ConfigMap. */
export function snapshotName(policyServer: string, revision: string): string {
  return `${objectName(policyServer)}.${revision}`;
}

/**
 * One revision of a configuration, for pods that mount it: a pod of an older ReplicaSet that has to start again in the midst
 * of a rollout, or after it was undone, then has what it had, and not what may be the reason for its end.
 *
 * @param version The resourceVersion of the server's ConfigMap, which pods carry as a label
 */
export function snapshotOf(
  server: PolicyServer,
  namespace: string,
  { data, revision }: Configuration,
  version: string,
): Desired {
  const { name } = server.metadata;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ownedMeta(server, namespace, {
      name: snapshotName(name, revision),
      labels: { [SNAPSHOT_OF]: name },
      annotations: { [CONFIG_VERSION]: version },
    }),
    immutable: true,
    data,
  };
}
