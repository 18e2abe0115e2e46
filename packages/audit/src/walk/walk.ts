import { isKubeError, listPages, objectKey, type ApiResource, type Item, type KubeClient } from '@ostiary/kube';

export interface WalkOptions {
  readonly client: KubeClient;
  readonly resource: ApiResource;
  /** Only this namespace. */
  readonly namespace?: string | undefined;
  readonly skipNamespaces: ReadonlySet<string>;
  readonly pageSize: number;
  /** The key of the last object that needs not be seen again, in the order of {@link compareKeys}. */
  readonly after?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A list expires after five minutes or so and then goes on behind what was seen: this allows for half a day. */
const MAX_RESTARTS = 150;

/** A selector of this length fits into a request line of 8 KiB; namespaces beyond it are left out here. */
const MAX_SELECTOR_LENGTH = 4096;

/**
 * All objects of a resource, page by page: no more than a page, and what is being handled, is held at any time. A list
 * that expires midway, or whose pages are too large, goes on where it was. Throws KubeError.
 */
export async function* walk(options: WalkOptions): AsyncGenerator<Item, void> {
  const { client, resource, namespace, skipNamespaces, signal } = options;
  const place = { resource, namespace: resource.namespaced ? namespace : undefined };
  let { pageSize, after: skipTo } = options;
  let last = skipTo;
  let isSorted = true;
  let fieldSelector = namespace === undefined ? selectorWithout(resource, skipNamespaces) : undefined;
  for (let restarts = 0; ; restarts += 1) {
    try {
      for await (const { items } of listPages(client, { ...place, fieldSelector }, { pageSize, signal })) {
        for (const item of items) {
          const key = objectKey(item.object);
          if (skipTo !== undefined && compareKeys(key, skipTo) <= 0) continue;
          if (last !== undefined && compareKeys(key, last) < 0) isSorted = false;
          last = key;
          if (namespace !== undefined || !skipNamespaces.has(item.object.metadata.namespace ?? '')) yield item;
        }
      }
      return;
    } catch (error) {
      if (isKubeError(error, 'too-large') && pageSize > 1) pageSize = Math.ceil(pageSize / 2);
      // An aggregated API may know no field selectors.
      else if (isKubeError(error, 'bad-request') && fieldSelector !== undefined) fieldSelector = undefined;
      else if (!isKubeError(error, 'gone') || restarts >= MAX_RESTARTS) throw error;
      // Without an order nothing can be left out: to see an object twice does no harm.
      skipTo = isSorted ? last : undefined;
      last = skipTo;
    }
  }
}

/** The order in which etcd, and so the API server, lists objects: by the bytes of `namespace/name`. */
export function compareKeys(a: string, b: string): number {
  // Both are ASCII, of which UTF-16 units have the order of bytes.
  return a < b ? -1 : a > b ? 1 : 0;
}

function selectorWithout({ namespaced }: ApiResource, skipped: ReadonlySet<string>): string | undefined {
  if (!namespaced) return undefined;
  let selector = '';
  for (const name of skipped) {
    const next = `${selector === '' ? '' : `${selector},`}metadata.namespace!=${name}`;
    if (next.length > MAX_SELECTOR_LENGTH) break;
    selector = next;
  }
  return selector === '' ? undefined : selector;
}
