import type { Command } from 'commander';
import { openClusterSource, type ClusterSource, type Log, type ServerSettings } from '@ostiary/server';

/** The configuration that `--policies-from-cluster` names; undefined if files have it. */
export async function clusterSourceOf(
  settings: ServerSettings,
  command: Command,
  log: Log,
): Promise<ClusterSource | undefined> {
  const { policiesFromCluster, podName, podNamespace } = settings;
  if (policiesFromCluster === undefined) return undefined;
  const [namespace = '', name = '', ...rest] = policiesFromCluster.split('/');
  if (namespace === '' || name === '' || rest.length > 0) {
    command.error(
      `error: --policies-from-cluster: expected namespace/name, found ${JSON.stringify(policiesFromCluster)}`,
    );
  }
  const { createKubeClient, loadKubeConfig } = await import('@ostiary/kube');
  return openClusterSource({
    client: createKubeClient(await loadKubeConfig(), { userAgent: 'ostiary-policy-server' }),
    configMap: { namespace, name },
    pod: podName === undefined ? undefined : { namespace: podNamespace ?? namespace, name: podName },
    log,
  });
}
