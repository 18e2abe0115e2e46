import type { TestContext } from 'node:test';
import { createKubeClient, type KubeClient, type KubeClientOptions } from '../client/client.ts';
import type { UserConfig } from '../config/types.ts';
import type { KubeObject } from '../object.ts';
import { resource } from '../paths.ts';
import { startFakeApiServer, type FakeApiServer, type FakeApiServerOptions } from './fake-api-server.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

export const CONFIG_MAPS = resource('v1', 'ConfigMap', 'configmaps', { verbs });
export const NAMESPACES = resource('v1', 'Namespace', 'namespaces', {
  verbs,
  namespaced: false,
  subresources: ['status'],
});
export const WIDGETS = resource('example.com/v1', 'Widget', 'widgets', { verbs, subresources: ['status'] });
export const LEASE_RESOURCE = resource('coordination.k8s.io/v1', 'Lease', 'leases', { verbs });
export const EVENT_RESOURCE = resource('events.k8s.io/v1', 'Event', 'events', { verbs });

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export function configMap(
  name: string,
  data: Readonly<Record<string, string>> = {},
  labels: Readonly<Record<string, string>> = {},
): ConfigMap & { readonly [name: string]: unknown } {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name, labels }, data };
}

/** A server and a client of it that end with the test. */
export async function serverAndClient(
  t: TestContext,
  options: FakeApiServerOptions & { readonly user?: UserConfig; readonly client?: KubeClientOptions } = {},
): Promise<{ readonly server: FakeApiServer; readonly client: KubeClient }> {
  const resources = [CONFIG_MAPS, NAMESPACES, WIDGETS, LEASE_RESOURCE, EVENT_RESOURCE];
  const server = await startFakeApiServer({ resources, ...options });
  const client = createKubeClient(server.kubeConfig(options.user), options.client);
  t.after(async () => {
    await client.close();
    await server.stop();
  });
  return { server, client };
}

/** Waits until `condition` holds, for 15 s at most. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 15_000) throw new Error(`${what} did not come true`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}
