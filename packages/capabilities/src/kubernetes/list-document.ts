import { HOST_ANSWER_LIMIT } from '@ostiary/sandbox';
import { CapabilityError } from '../errors.ts';
import { prune, type FieldMask } from '../json/mask.ts';
import { joinShared } from '../json/text.ts';
import type { KindFields } from '../request/request.ts';
import type { StoredItem } from './item.ts';

/** Masks whose pruned objects are kept, per selection. */
const MAX_MASKS = 4;

/** Objects as masks leave them, so that a change of one object prunes one object. */
export class PrunedItems {
  readonly #byMask = new Map<string, WeakMap<StoredItem, Uint8Array>>();

  textOf(item: StoredItem, mask: FieldMask | undefined): Uint8Array {
    if (mask === undefined) return item.text;
    const pruned = this.#ofMask(mask.key);
    const known = pruned.get(item);
    if (known) return known;
    const text = prune(item.text, mask);
    pruned.set(item, text);
    return text;
  }

  #ofMask(key: string): WeakMap<StoredItem, Uint8Array> {
    const known = this.#byMask.get(key) ?? new WeakMap<StoredItem, Uint8Array>();
    this.#byMask.delete(key);
    this.#byMask.set(key, known);
    for (const oldest of this.#byMask.keys()) {
      if (this.#byMask.size <= MAX_MASKS) break;
      this.#byMask.delete(oldest);
    }
    return known;
  }
}

const encoder = new TextEncoder();
const COMMA = encoder.encode(',');
const TAIL = encoder.encode(']}');

/** A List of the objects. Throws CapabilityError `limit` when no guest could be given it. */
export function listDocument(
  { api_version, kind }: KindFields,
  items: readonly StoredItem[],
  textOf: (item: StoredItem) => Uint8Array,
): Uint8Array {
  const head = `{"apiVersion":${JSON.stringify(api_version)},"kind":${JSON.stringify(`${kind}List`)},"metadata":{},"items":[`;
  const parts: Uint8Array[] = [encoder.encode(head)];
  let length = 0;
  for (const item of items) {
    const text = textOf(item);
    length += text.length + 1;
    if (length > HOST_ANSWER_LIMIT) throw tooLarge(api_version, kind, items.length);
    if (parts.length > 1) parts.push(COMMA);
    parts.push(text);
  }
  return joinShared([...parts, TAIL]);
}

function tooLarge(apiVersion: string, kind: string, count: number): CapabilityError {
  return new CapabilityError(
    'limit',
    `the list of ${count} ${apiVersion}/${kind} has more than ${HOST_ANSWER_LIMIT} bytes; field_masks make it smaller`,
  );
}
