import { parseApiVersion, type ApiResource } from './paths.ts';
import { recordAt, recordsAt, textAt, textsAt, type JsonRecord } from './record.ts';

/** Reads an APIGroupDiscoveryList (`apidiscovery.k8s.io/v2`). Entries that make no sense are left out. */
export function readAggregated(document: JsonRecord): readonly ApiResource[] {
  return recordsAt(document, 'items').flatMap((item) => {
    const group = textAt(recordAt(item, 'metadata'), 'name') ?? '';
    return recordsAt(item, 'versions').flatMap((entry) => {
      const version = textAt(entry, 'version');
      if (version === undefined) return [];
      return recordsAt(entry, 'resources').flatMap((one) => readAggregatedResource(group, version, one));
    });
  });
}

function readAggregatedResource(group: string, version: string, entry: JsonRecord): readonly ApiResource[] {
  const plural = textAt(entry, 'resource');
  const kind = textAt(recordAt(entry, 'responseKind'), 'kind');
  if (plural === undefined || kind === undefined || kind === '') return [];
  return [
    {
      group,
      version,
      plural,
      kind,
      namespaced: entry['scope'] === 'Namespaced',
      verbs: textsAt(entry, 'verbs'),
      subresources: recordsAt(entry, 'subresources').flatMap((one) => textAt(one, 'subresource') ?? []),
    },
  ];
}

/** Reads an APIResourceList, where subresources stand among the resources as in `pods/status`. */
export function readResourceList(document: JsonRecord): readonly ApiResource[] {
  const { group, version } = parseApiVersion(textAt(document, 'groupVersion') ?? '');
  const entries = recordsAt(document, 'resources');
  const names = entries.flatMap((entry) => textAt(entry, 'name') ?? []);
  return entries.flatMap((entry): readonly ApiResource[] => {
    const plural = textAt(entry, 'name');
    const kind = textAt(entry, 'kind');
    if (plural === undefined || kind === undefined || plural.includes('/')) return [];
    const prefix = `${plural}/`;
    return [
      {
        group,
        version,
        plural,
        kind,
        namespaced: entry['namespaced'] === true,
        verbs: textsAt(entry, 'verbs'),
        subresources: names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
      },
    ];
  });
}
