import { HOST_ANSWER_LIMIT } from '@ostiary/sandbox';
import type { Fetched } from '../backend.ts';
import type { ResourceKind, Versions } from '../contract.ts';
import { CapabilityError } from '../errors.ts';
import { raced } from '../flights.ts';
import { inventoryDocument, type InventoryKind, type ListedKind } from './document.ts';

export interface InventoriesOptions {
  readonly listed: (kind: ResourceKind, policy: string, signal: AbortSignal) => Promise<ListedKind>;
  readonly versions: Versions;
  /** Between two versions of one inventory, in milliseconds. */
  readonly everyMs: number;
  readonly limitMs: number;
}

/** Which inventory, and for whom. */
export interface InventoryQuestion {
  readonly kind: InventoryKind;
  readonly resources: readonly ResourceKind[];
  readonly policy: string;
}

interface Inventory {
  readonly slot: number;
  /** The lists it is made of. */
  readonly parts: Set<number>;
  /** Made at this version of the slot. */
  made: { readonly version: number; readonly document: Promise<Uint8Array> } | undefined;
  bumpIn: NodeJS.Timeout | undefined;
}

/** Sets of kinds; each keeps a copy of its objects. */
const MAX_INVENTORIES = 64;

/** The documents of Rego policies, one per set of kinds, made anew only when an object has changed. */
export class Inventories {
  readonly #options: InventoriesOptions;
  readonly #inventories = new Map<string, Inventory>();

  constructor(options: InventoriesOptions) {
    this.#options = options;
  }

  async get(question: InventoryQuestion, signal: AbortSignal): Promise<Fetched> {
    const inventory = this.#of(question);
    const { versions } = this.#options;
    const version = versions.read(inventory.slot);
    if (inventory.made?.version !== version) {
      const document = this.#make(inventory, question);
      inventory.made = { version, document };
      document.catch(() => {
        if (inventory.made?.document === document) inventory.made = undefined;
      });
    }
    const payload = await raced(inventory.made.document, signal, 'the inventory');
    return { payload, validity: { kind: 'version', slot: inventory.slot, version } };
  }

  /** A list has changed. Inventories follow a little later, so that a storm of changes is one. */
  changed(slot: number): void {
    const { versions, everyMs } = this.#options;
    for (const inventory of this.#inventories.values()) {
      if (!inventory.parts.has(slot)) continue;
      inventory.bumpIn ??= setTimeout(() => {
        inventory.bumpIn = undefined;
        versions.bump(inventory.slot);
      }, everyMs).unref();
    }
  }

  stop(): void {
    for (const { bumpIn } of this.#inventories.values()) clearTimeout(bumpIn);
    this.#inventories.clear();
  }

  async #make(inventory: Inventory, { kind, resources, policy }: InventoryQuestion): Promise<Uint8Array> {
    const { listed, limitMs } = this.#options;
    const signal = AbortSignal.timeout(limitMs);
    const lists = await Promise.all(
      resources.map(async (resource) => {
        const list = await listed(resource, policy, signal);
        // At once: the list may change while the others are waited for.
        inventory.parts.add(list.slot);
        return list;
      }),
    );
    const bytes = lists.reduce((sum, { items }) => sum + items.reduce((all, { json }) => all + json.length, 0), 0);
    if (bytes > HOST_ANSWER_LIMIT) {
      throw new CapabilityError(
        'limit',
        `the objects that the policy may see have more than ${HOST_ANSWER_LIMIT} bytes`,
      );
    }
    return inventoryDocument(kind, lists);
  }

  #of({ kind, resources }: InventoryQuestion): Inventory {
    const key = JSON.stringify([kind, resources.map(({ apiVersion, kind }) => [apiVersion, kind])]);
    const known = this.#inventories.get(key);
    this.#inventories.delete(key);
    const slot = this.#options.versions.slotOf(`inventory:${key}`);
    const inventory = known ?? { slot, parts: new Set(), made: undefined, bumpIn: undefined };
    this.#inventories.set(key, inventory);
    for (const [oldest, each] of this.#inventories) {
      if (this.#inventories.size <= MAX_INVENTORIES) break;
      clearTimeout(each.bumpIn);
      this.#inventories.delete(oldest);
      this.#options.versions.bump(each.slot);
    }
    return inventory;
  }
}
