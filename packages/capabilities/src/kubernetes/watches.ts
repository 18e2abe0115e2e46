import type { KubeClient } from '@ostiary/kube';
import type { CapabilityLog, Versions } from '../contract.ts';
import { CapabilityError } from '../errors.ts';
import type { CapabilityLimits } from '../limits.ts';
import { keyOfSelection, Watch, type WatchedSelection } from './watch.ts';

export interface WatchesOptions {
  readonly versions: Versions;
  readonly limits: CapabilityLimits;
  readonly log: CapabilityLog;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface WatchesStats {
  readonly watches: number;
  readonly objects: number;
  readonly bytes: number;
  /** Selections whose copy may be behind the server. */
  readonly stale: number;
}

/** A policy may replace a selection of its own that nobody has used for so long. */
const IDLE_MS = 60_000;
/** How often the copies are looked after. */
const LOOK_EVERY_MS = 1000;

/** All selections that are followed. */
export class Watches {
  readonly #options: WatchesOptions;
  readonly #watches = new Map<string, Watch>();
  readonly #listeners = new Set<(watch: Watch) => void>();
  readonly #staleLogged = new Set<Watch>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  /** Called when what any selection has answered no longer holds. */
  onChange(listener: (watch: Watch) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * The copy of a selection, or one of all namespaces that holds it. Started at the first question; resolves when it is
   * complete. Throws CapabilityError `unavailable`, `stale` or `limit`.
   */
  async get(client: KubeClient, selection: WatchedSelection, policy: string, signal: AbortSignal): Promise<Watch> {
    const watch = this.#wider(selection) ?? this.#ofKey(client, selection, policy);
    watch.usedAt = this.#options.now();
    watch.policies.add(policy);
    await watch.ready(signal);
    return watch;
  }

  stats(): WatchesStats {
    const all = [...this.#watches.values()];
    return {
      watches: all.length,
      objects: all.reduce((sum, { size }) => sum + size, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      stale: all.filter(({ staleMs, isSynced }) => isSynced && staleMs > 0).length,
    };
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const all = [...this.#watches.values()];
    this.#watches.clear();
    await Promise.all(all.map((watch) => watch.stop()));
  }

  #wider(selection: WatchedSelection): Watch | undefined {
    if (selection.namespace === undefined) return undefined;
    const wider = this.#watches.get(keyOfSelection({ ...selection, namespace: undefined }));
    return wider?.isSynced === true && wider.staleMs === 0 ? wider : undefined;
  }

  #ofKey(client: KubeClient, selection: WatchedSelection, policy: string): Watch {
    const key = keyOfSelection(selection);
    const known = this.#watches.get(key);
    if (known) return known;
    this.#makeRoom(policy);
    const { versions, limits, now } = this.#options;
    const watch: Watch = new Watch({
      client,
      selection,
      versions,
      limits,
      now,
      onChange: () => {
        for (const listener of this.#listeners) listener(watch);
      },
    });
    this.#watches.set(key, watch);
    this.#timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    return watch;
  }

  /** Throws CapabilityError `limit` when another selection would be too much. */
  #makeRoom(policy: string): void {
    const { limits } = this.#options;
    const own = [...this.#watches.values()].filter(({ policies }) => policies.has(policy));
    if (own.length >= limits.watchesPerPolicy && !this.#dropIdle(own.filter(({ policies }) => policies.size === 1))) {
      throw full(`the policy has ${limits.watchesPerPolicy} different lists watched`);
    }
    if (this.#watches.size >= limits.watches && !this.#dropIdle([...this.#watches.values()])) {
      throw full(`${limits.watches} different lists are being watched`);
    }
    if (this.stats().bytes >= limits.watchedBytes && !this.#dropIdle([...this.#watches.values()])) {
      throw full(`watched objects have more than ${limits.watchedBytes} bytes`);
    }
  }

  #dropIdle(candidates: readonly Watch[]): boolean {
    const oldest = candidates.toSorted((left, right) => left.usedAt - right.usedAt)[0];
    if (!oldest || this.#options.now() - oldest.usedAt < IDLE_MS) return false;
    this.#drop(oldest);
    return true;
  }

  #drop(watch: Watch): void {
    this.#watches.delete(keyOfSelection(watch.selection));
    this.#staleLogged.delete(watch);
    void watch.stop();
  }

  /** Looks after all copies: forgets the unused, tells of the stale, and keeps the total in bounds. */
  look(): void {
    const { limits, now } = this.#options;
    for (const watch of this.#watches.values()) {
      // A list that has never worked is not worth a connection for long.
      const patienceMs = watch.isSynced ? limits.unusedMs : IDLE_MS;
      if (now() - watch.usedAt >= patienceMs) this.#drop(watch);
      else watch.look(limits.unusedMs / 6);
      this.#tell(watch);
    }
    const leastUsed = [...this.#watches.values()].toSorted((left, right) => left.usedAt - right.usedAt);
    while (leastUsed.length > 1 && this.stats().bytes > limits.watchedBytes) {
      const watch = leastUsed.shift();
      if (!watch) return;
      this.#options.log('warn', 'a watched list is dropped: all lists together are too large', fieldsOf(watch));
      this.#drop(watch);
    }
  }

  #tell(watch: Watch): void {
    const isStale = watch.isSynced && watch.staleMs > 0;
    const { log } = this.#options;
    if (isStale && !this.#staleLogged.has(watch)) {
      this.#staleLogged.add(watch);
      log('warn', 'a watched list can no longer be followed', {
        ...fieldsOf(watch),
        cause: watch.lastError?.message ?? '',
      });
    } else if (!isStale && this.#staleLogged.delete(watch)) {
      log('info', 'a watched list is followed again', fieldsOf(watch));
    }
  }
}

function fieldsOf({ selection: { resource, namespace } }: Watch): Readonly<Record<string, string>> {
  return { group: resource.group, version: resource.version, resource: resource.plural, namespace: namespace ?? '' };
}

function full(message: string): CapabilityError {
  return new CapabilityError('limit', message);
}
