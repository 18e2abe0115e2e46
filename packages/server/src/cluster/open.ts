import type { ClusterSource, ClusterSourceOptions } from './follow.ts';

/** Opens a configuration that comes from the cluster. A server with files never loads the client for it. */
export async function openClusterSource(options: ClusterSourceOptions): Promise<ClusterSource> {
  return (await import('./follow.ts')).openClusterSource(options);
}
