import { create, createKubeClient, loadKubeConfig, type KubeObject } from '@ostiary/kube';
import { CONFIG_MAPS } from './stand.ts';

/** A client has eight connections; more of them at once than four times as many only wait in the API server. */
const CLIENTS = 4;
const REQUESTS_PER_CLIENT = 8;

/** What the objects weigh besides their names: most objects of a cluster have about so much. */
const TEXT = 'x'.repeat(1000);

/** Creates so many ConfigMaps of a kilobyte, most of them with the annotation of an owner. */
export async function generateConfigMaps(kubeconfig: string, namespace: string, count: number): Promise<void> {
  const config = await loadKubeConfig({ path: kubeconfig });
  let next = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = createKubeClient(config);
      const worker = async (): Promise<void> => {
        for (let at = next++; at < count; at = next++) await create(client, CONFIG_MAPS, configMap(namespace, at));
      };
      await Promise.all(Array.from({ length: REQUESTS_PER_CLIENT }, worker));
      await client.close();
    }),
  );
}

/** Every tenth has no owner. */
function configMap(namespace: string, at: number): KubeObject & { readonly data: object } {
  const annotations = at % 10 === 0 ? {} : { owner: `team-${at % 7}` };
  const name = `object-${String(at).padStart(7, '0')}`;
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name, annotations }, data: { text: TEXT } };
}
