import { errorOfStatus } from '../client/status.ts';
import { KubeError } from '../errors.ts';
import { readItem, type Item } from '../json/items.ts';
import { membersOf, parseSlice } from '../json/slices.ts';
import type { ApiResource } from '../paths.ts';
import { isRecord, recordAt, textAt } from '../record.ts';

/** A line of a watch. */
export type WatchEvent =
  | { readonly type: 'put'; readonly item: Item }
  | { readonly type: 'delete'; readonly item: Item }
  /** Nothing happened up to here. */
  | { readonly type: 'bookmark'; readonly resourceVersion: string };

/** Reads a line. Throws KubeError: the server's own for an ERROR event, `not-json` for nonsense. */
export function readWatchEvent(line: Uint8Array, resource: ApiResource): WatchEvent {
  const members = membersOf(line);
  const typeSlice = members.get('type');
  const objectSlice = members.get('object');
  if (typeSlice === undefined || objectSlice === undefined)
    throw new KubeError('not-json', 'a line of the watch is no event');
  const type = parseSlice(line, typeSlice);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { type: 'put', item: readItem(line, objectSlice, resource) };
    case 'DELETED':
      return { type: 'delete', item: readItem(line, objectSlice, resource) };
    case 'BOOKMARK':
    case 'ERROR': {
      const object = parseSlice(line, objectSlice);
      if (!isRecord(object)) throw new KubeError('not-json', 'an event of the watch has no object');
      if (type === 'ERROR') throw errorOfStatus(`watch of ${resource.plural}`, object);
      const resourceVersion = textAt(recordAt(object, 'metadata'), 'resourceVersion');
      if (resourceVersion === undefined) throw new KubeError('not-json', 'a bookmark has no resourceVersion');
      return { type: 'bookmark', resourceVersion };
    }
    default:
      throw new KubeError('not-json', 'an event of the watch has an unknown type');
  }
}
