import { isKubeError, list, resource, type KubeClient, type KubeObject } from '@ostiary/kube';
import { listAt, numberAt, recordAt } from '../json.ts';
import { POLICIES_GROUP } from '../policies/read.ts';

const SERVICES = resource('v1', 'Service', 'services');
const POLICY_SERVERS = resource(`${POLICIES_GROUP}/v1`, 'PolicyServer', 'policyservers', { namespaced: false });

/** The addresses of policy servers, by the names of their PolicyServers; a text says why there is none. */
export type Servers = ReadonlyMap<string, URL | string>;

/** Finds the one Service of every PolicyServer (contract: controller §8.2 f). Throws KubeError. */
export async function findServers(client: KubeClient, namespace: string, signal?: AbortSignal): Promise<Servers> {
  const labelled = { resource: SERVICES, namespace, labelSelector: 'app.kubernetes.io/instance' };
  const services = await collect(list(client, labelled, { signal }));
  const names = await policyServerNames(client, signal);
  return new Map(names.map((name) => [name, addressOf(name, namespace, services)]));
}

async function policyServerNames(client: KubeClient, signal?: AbortSignal): Promise<readonly string[]> {
  try {
    const objects = await collect(list(client, { resource: POLICY_SERVERS }, { signal }));
    return objects.map(({ metadata }) => metadata.name);
  } catch (error) {
    if (isKubeError(error, 'not-found')) return [];
    throw error;
  }
}

function addressOf(name: string, namespace: string, services: readonly KubeObject[]): URL | string {
  const instance = `policy-server-${name}`;
  const own = services.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'] === instance);
  const [service] = own;
  if (service === undefined) return `policy server ${name} has no Service in namespace ${namespace}`;
  if (own.length > 1) return `policy server ${name} has ${own.length} Services in namespace ${namespace}`;
  const port = numberAt(listAt(recordAt(service, 'spec'), 'ports')[0], 'port');
  if (port === undefined) return `the Service of policy server ${name} has no port`;
  return new URL(`https://${service.metadata.name}.${namespace}.svc:${port}`);
}

async function collect(objects: AsyncIterable<KubeObject>): Promise<readonly KubeObject[]> {
  const all: KubeObject[] = [];
  for await (const object of objects) all.push(object);
  return all;
}
