import type { KubeClient } from './client/client.ts';
import { isKubeError, KubeError } from './errors.ts';
import { readItem, type Item } from './json/items.ts';
import { elementsOf, membersOf, parseSlice } from './json/slices.ts';
import { resourcePath, type ApiResource } from './paths.ts';
import { isRecord, textAt } from './record.ts';
import { formatLabelSelector, type LabelSelector } from './selector.ts';

/** Which objects of a resource are meant. */
export interface Selection {
  readonly resource: ApiResource;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: LabelSelector | string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface PageOptions {
  /** Default: 500, as kubectl and client-go have it. */
  readonly pageSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface Page {
  readonly items: readonly Item[];
  /** The moment that the list shows: a watch can start from here. */
  readonly resourceVersion: string;
}

export const DEFAULT_PAGE_SIZE = 500;

/** At a size of one object, the biggest list that etcd's 8 GiB can hold at 800 bytes an object. */
const MAX_PAGES = 10_000_000;

/** The API server fills its pages however rare what is selected is; empty ones in a row are none of its doing. */
const MAX_EMPTY_PAGES = 100;

/** The query that a selection stands for, in lists and watches alike. Throws SelectorError. */
export function selectionQuery({
  labelSelector,
  fieldSelector,
}: Selection): Readonly<Record<string, string | undefined>> {
  const labels = labelSelector === undefined ? undefined : formatLabelSelector(labelSelector);
  return { labelSelector: labels === '' ? undefined : labels, fieldSelector: fieldSelector || undefined };
}

/**
 * Lists in pages, all of the same moment. Throws KubeError; `gone` when the server forgot that moment in between, and
 * `too-large` when a page of this size is too big. A list that goes in circles is `not-json`.
 */
export async function* listPages(
  client: KubeClient,
  selection: Selection,
  options: PageOptions = {},
): AsyncGenerator<Page, void> {
  const { pageSize = DEFAULT_PAGE_SIZE, signal, timeoutMs } = options;
  const path = resourcePath(selection.resource, { namespace: selection.namespace });
  const query = selectionQuery(selection);
  let token: string | undefined;
  let empty = 0;
  for (let pages = 0; pages < MAX_PAGES && empty <= MAX_EMPTY_PAGES; pages += 1) {
    const limited = { ...query, limit: pageSize, continue: token };
    const { body } = await client.request({ path, query: limited, signal, timeoutMs });
    const { page, next } = readPage(body, selection.resource);
    yield page;
    if (next === undefined) return;
    if (next === token) break;
    empty = page.items.length === 0 ? empty + 1 : 0;
    token = next;
  }
  throw new KubeError('not-json', `GET ${path}: the list does not end`);
}

/**
 * Like {@link listPages}, in smaller pages where the objects are huge: halves the size as often as it takes. `restart`
 * is called before it starts over; what came before no longer counts. A list that expires midway starts over once.
 */
export async function* listPagesPatiently(
  client: KubeClient,
  selection: Selection,
  options: PageOptions & { readonly restart: () => void },
): AsyncGenerator<Page, void> {
  let pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;
  let mayExpire = true;
  for (;;) {
    try {
      yield* listPages(client, selection, { ...options, pageSize });
      return;
    } catch (error) {
      if (isKubeError(error, 'too-large') && pageSize > 1) pageSize = Math.ceil(pageSize / 2);
      else if (isKubeError(error, 'gone') && mayExpire) mayExpire = false;
      else throw error;
      options.restart();
    }
  }
}

function readPage(body: Uint8Array, resource: ApiResource): { readonly page: Page; readonly next: string | undefined } {
  const members = membersOf(body);
  const itemsSlice = members.get('items');
  const metadataSlice = members.get('metadata');
  const metadata = metadataSlice === undefined ? undefined : parseSlice(body, metadataSlice);
  if (itemsSlice === undefined || !isRecord(metadata)) throw new KubeError('not-json', 'the answer is not a list');
  const items = elementsOf(body, itemsSlice).map((slice) => readItem(body, slice, resource));
  const resourceVersion = textAt(metadata, 'resourceVersion') ?? '';
  return { page: { items, resourceVersion }, next: textAt(metadata, 'continue') || undefined };
}
