import { createReflector, isKubeError, type ApiResource, type KubeClient, type Reflector } from '@ostiary/kube';
import type { Versions } from '../contract.ts';
import { CapabilityError } from '../errors.ts';
import type { CapabilityLimits } from '../limits.ts';
import { byName, toStoredItem, type StoredItem } from './item.ts';
import { PrunedItems } from './list-document.ts';

/** Which objects are followed. */
export interface WatchedSelection {
  readonly resource: ApiResource;
  readonly namespace: string | undefined;
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
}

/** Selections that are the same have the same key. */
export function keyOfSelection({ resource, namespace, labelSelector, fieldSelector }: WatchedSelection): string {
  const { group, version, plural } = resource;
  return JSON.stringify([group, version, plural, namespace ?? '', labelSelector ?? '', fieldSelector ?? '']);
}

export interface WatchOptions {
  readonly client: KubeClient;
  readonly selection: WatchedSelection;
  readonly versions: Versions;
  readonly limits: CapabilityLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called when what was answered no longer holds. */
  readonly onChange: () => void;
}

/** How often a first list is looked at that may have failed for good. */
const LOOK_EVERY_MS = 25;

/** Answers to a first list that no patience changes. */
const HOPELESS = ['forbidden', 'unauthorized', 'not-found', 'method-not-allowed', 'bad-request', 'invalid'] as const;

/** Documents that are kept ready, and their bytes. */
const MAX_DOCUMENTS = 8;

/** One selection that is followed, for all policies that ask for it. */
export class Watch {
  readonly selection: WatchedSelection;
  readonly slot: number;
  /** Whose questions brought it about or have used it. */
  readonly policies = new Set<string>();
  usedAt: number;
  readonly #options: WatchOptions;
  readonly #reflector: Reflector<StoredItem>;
  readonly #pruned = new PrunedItems();
  readonly #documents = new Map<string, Uint8Array>();
  #sorted: readonly StoredItem[] | undefined;
  #wasTooStale = false;
  #bumpedAt: number;

  constructor(options: WatchOptions) {
    const { client, selection, versions, limits, now } = options;
    this.#options = options;
    this.selection = selection;
    this.slot = versions.slotOf(`list:${keyOfSelection(selection)}`);
    this.usedAt = this.#bumpedAt = now();
    this.#reflector = createReflector<StoredItem>({
      client,
      ...selection,
      transform: toStoredItem,
      maxBytes: limits.watchedBytes / 2,
      onChange: () => this.#changed(),
    });
  }

  get bytes(): number {
    return this.#reflector.bytes + [...this.#documents.values()].reduce((sum, { length }) => sum + length, 0);
  }

  get size(): number {
    return this.#reflector.size;
  }

  get isSynced(): boolean {
    return this.#reflector.state === 'synced' || this.#reflector.state === 'stale';
  }

  /** Since how long the copy may be behind the server, in milliseconds; 0 while it follows. */
  get staleMs(): number {
    const since = this.#reflector.staleSince;
    return since === undefined ? 0 : performance.now() - since;
  }

  get lastError(): Error | undefined {
    return this.#reflector.lastError;
  }

  /** Resolves when there is a copy that may be used. Throws CapabilityError `unavailable` or `stale`. */
  async ready(signal: AbortSignal): Promise<void> {
    const { firstListMs, maxStaleMs } = this.#options.limits;
    const end = performance.now() + firstListMs;
    while (!this.isSynced) {
      const { lastError, state } = this.#reflector;
      if (state === 'failed' || isKubeError(lastError, ...HOPELESS)) throw unlisted(this.#name, lastError);
      if (signal.aborted || performance.now() >= end) throw unlisted(this.#name, lastError, 'no answer in time');
      await this.#reflector.ready(LOOK_EVERY_MS).catch(() => undefined);
    }
    const { staleMs } = this;
    if (staleMs <= maxStaleMs) return;
    const seconds = Math.floor(staleMs / 1000);
    throw new CapabilityError(
      'stale',
      `${this.#name} could not be followed for ${seconds} s${because(this.lastError)}`,
    );
  }

  /** Sorted by namespace and name. */
  items(): readonly StoredItem[] {
    this.#sorted ??= this.#reflector.list().toSorted(byName);
    return this.#sorted;
  }

  get pruned(): PrunedItems {
    return this.#pruned;
  }

  /** A document of the objects as they are now, made once while they don't change. */
  document(key: string, make: () => Uint8Array): Uint8Array {
    const known = this.#documents.get(key) ?? make();
    this.#documents.delete(key);
    this.#documents.set(key, known);
    for (const oldest of this.#documents.keys()) {
      if (this.#documents.size <= MAX_DOCUMENTS) break;
      this.#documents.delete(oldest);
    }
    return known;
  }

  /**
   * Makes those who keep answers ask again: when the copy has become too old, which no change tells them, and now and
   * then, which shows that it is in use.
   */
  look(refreshMs: number): void {
    const { limits, now } = this.#options;
    const isTooStale = this.isSynced && this.staleMs > limits.maxStaleMs;
    const isNews = isTooStale && !this.#wasTooStale;
    this.#wasTooStale = isTooStale;
    if (isNews || now() - this.#bumpedAt >= refreshMs) this.#bump();
  }

  async stop(): Promise<void> {
    this.#bump();
    this.#documents.clear();
    await this.#reflector.stop();
  }

  get #name(): string {
    const { resource, namespace } = this.selection;
    const where = namespace === undefined ? '' : ` of namespace ${namespace}`;
    return `${resource.plural}${resource.group === '' ? '' : `.${resource.group}`}${where}`;
  }

  #changed(): void {
    this.#sorted = undefined;
    this.#documents.clear();
    this.#bump();
  }

  #bump(): void {
    this.#bumpedAt = this.#options.now();
    this.#options.versions.bump(this.slot);
    this.#options.onChange();
  }
}

function unlisted(name: string, error: Error | undefined, otherwise = 'the list failed'): CapabilityError {
  const why = error === undefined ? `: ${otherwise}` : because(error);
  return new CapabilityError('unavailable', `cannot list ${name}${why}`, { cause: error });
}

function because(error: Error | undefined): string {
  return error === undefined ? '' : `: ${error.message}`;
}
