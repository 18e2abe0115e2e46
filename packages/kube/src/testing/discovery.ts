import { apiVersionOf, type ApiResource } from '../paths.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** The discovery document at a path: aggregated where it is asked for and allowed. Undefined for other paths. */
export function discoveryDocument(
  path: string,
  accept: string,
  resources: readonly ApiResource[],
  aggregated: boolean,
): { readonly type: string; readonly body: object } | undefined {
  if (path === '/api' || path === '/apis') {
    const own = resources.filter(({ group }) => (group === '') === (path === '/api'));
    if (aggregated && accept.includes('as=APIGroupDiscoveryList'))
      return { type: AGGREGATED, body: aggregatedList(own) };
    return {
      type: 'application/json',
      body: path === '/api' ? { kind: 'APIVersions', versions: ['v1'] } : groupList(own),
    };
  }
  const [, apiVersion] = /^\/apis?\/((?:[^/]+\/)?[^/]+)$/.exec(path) ?? [];
  const own = resources.filter((one) => apiVersionOf(one) === apiVersion);
  if (own.length === 0) return undefined;
  return {
    type: 'application/json',
    body: { kind: 'APIResourceList', groupVersion: apiVersion, resources: own.flatMap(plainEntries) },
  };
}

function plainEntries({ plural, kind, namespaced, verbs, subresources }: ApiResource): readonly object[] {
  return [
    { name: plural, kind, namespaced, verbs, singularName: '' },
    ...subresources.map((name) => ({ name: `${plural}/${name}`, kind, namespaced, verbs, singularName: '' })),
  ];
}

function groupList(resources: readonly ApiResource[]): object {
  const groups = Object.entries(Object.groupBy(resources, ({ group }) => group));
  return {
    kind: 'APIGroupList',
    groups: groups.map(([name, own = []]) => {
      const versions = [...new Set(own.map(({ version }) => version))].map((version) => ({
        version,
        groupVersion: `${name}/${version}`,
      }));
      return { name, versions, preferredVersion: versions[0] };
    }),
  };
}

function aggregatedList(resources: readonly ApiResource[]): object {
  const groups = Object.entries(Object.groupBy(resources, ({ group }) => group));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(([name, own = []]) => ({
      metadata: name === '' ? {} : { name },
      versions: Object.entries(Object.groupBy(own, ({ version }) => version)).map(([version, list = []]) => ({
        version,
        freshness: 'Current',
        resources: list.map(aggregatedEntry),
      })),
    })),
  };
}

function aggregatedEntry({ group, version, plural, kind, namespaced, verbs, subresources }: ApiResource): object {
  const responseKind = { group, version, kind };
  return {
    resource: plural,
    responseKind,
    scope: namespaced ? 'Namespaced' : 'Cluster',
    verbs,
    subresources: subresources.map((subresource) => ({ subresource, responseKind, verbs: ['get', 'patch', 'update'] })),
  };
}
