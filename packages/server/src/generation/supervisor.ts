import { setTimeout as sleep } from 'node:timers/promises';
import type { GuestImage } from '@ostiary/sandbox';
import type { GatesConfig } from '../config/types.ts';
import type { EvaluationPool } from '../evaluation/pool.ts';
import type { Log } from '../log.ts';
import type { FailureMode } from './context.ts';
import { LoadError } from './errors.ts';
import type { Images } from './images.ts';
import { loadGeneration, unloadGeneration, type LoadedGeneration } from './load.ts';
import { ModuleStore } from './module-store.ts';
import type { PolicyOptions } from './policy-options.ts';
import { Reusable } from './reuse.ts';
import { modulesOf, type GenerationSpec, type PolicySpec } from './spec.ts';
import { TrackedFiles } from './tracked-files.ts';
import { trialKey } from './warm.ts';
import { watchFiles, type FileWatch } from './watch.ts';

export interface SupervisorOptions {
  /** Reads the configuration through the tracked files, so that they are watched. May throw with the problems. */
  readonly readConfig: (files: TrackedFiles) => Promise<GatesConfig>;
  readonly pool: EvaluationPool;
  readonly failureMode: FailureMode;
  readonly policies: PolicyOptions;
  /** Called after each attempt to reload. */
  readonly onReload: (result: 'success' | 'failure') => void;
  /** How long the first attempt waits for what may only be late, in milliseconds; default 30 s. */
  readonly firstRetryMs?: number;
  readonly log: Log;
}

/** A registry that is away for a moment is back in half a minute; one that is away for hours is asked every ten minutes. */
const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 600_000;

/** How long the next reload waits at most for requests that still use the old generation. */
const RELEASE_PATIENCE_MS = 1000;

/**
 * Puts a loaded generation in the place of the serving one, and resolves when no request uses the old one any more;
 * `activated` is called as soon as another swap may follow.
 */
export type Swap = (next: GenerationSpec, activated: () => void) => Promise<void>;

/**
 * Keeps one generation serving. When a file changes, the next one is read, compiled and checked beside it and swapped
 * in whole; one that can't serve is reported, and the old one goes on.
 */
export class GenerationSupervisor {
  readonly #options: SupervisorOptions;
  readonly #images = new Map<string, Promise<GuestImage>>();
  /** The images that the last attempt has asked for. */
  #asked = new Set<string>();
  readonly #usual = new Map<string, Promise<number | undefined>>();
  readonly #store: ModuleStore;
  readonly #watch: FileWatch;
  #retry: NodeJS.Timeout | undefined;
  #retryMs: number;
  #generation: GenerationSpec | undefined;
  #problems: readonly string[] = [];
  #attempts = 0;
  #stopped = false;
  #keys = 0;
  #reloading: Promise<void> = Promise.resolve();
  #swap: Swap = () => Promise.resolve();

  private constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#retryMs = options.firstRetryMs ?? FIRST_RETRY_MS;
    this.#store = new ModuleStore(options.policies);
    this.#watch = watchFiles(() => void this.reload());
  }

  /** Loads the first generation. @throws ConfigError or LoadError: there is nothing older that could serve. */
  static async start(options: SupervisorOptions): Promise<GenerationSupervisor> {
    const supervisor = new GenerationSupervisor(options);
    const files = new TrackedFiles();
    try {
      supervisor.#generation = supervisor.#accept(await supervisor.#load(files));
    } catch (error) {
      supervisor.stop();
      throw error;
    }
    supervisor.#watch.follow(files.seen);
    return supervisor;
  }

  /** Says who serves; without it, a reload only changes `generation`. */
  set swap(swap: Swap) {
    this.#swap = swap;
  }

  /** The one that serves. */
  get generation(): GenerationSpec {
    if (!this.#generation) throw new Error('no generation is loaded yet');
    return this.#generation;
  }

  /** How many compiled modules are kept. */
  get images(): number {
    return this.#images.size;
  }

  /** What keeps the newest configuration from serving; empty when it serves. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Loads what the files say now; reloads follow one another. Never rejects. */
  reload(): Promise<void> {
    this.#reloading = this.#reloading.then(() => this.#reload());
    return this.#reloading;
  }

  stop(): void {
    this.#stopped = true;
    this.#watch.stop();
    this.#store.stop();
    clearTimeout(this.#retry);
  }

  async #reload(): Promise<void> {
    const { log, onReload } = this.#options;
    const files = new TrackedFiles();
    try {
      const loaded = await this.#load(files);
      // Nobody serves any more what it has become.
      if (this.#stopped) return;
      await this.#replace(this.#accept(loaded));
      this.#problems = [];
      log('info', 'configuration reloaded', { generation: this.generation.number });
      onReload('success');
    } catch (error) {
      if (this.#stopped) return;
      this.#problems = problemsOf(error);
      if (error instanceof LoadError && error.worthRetrying) this.#retryLater();
      for (const problem of this.#problems) {
        log('error', 'configuration refused, the old one goes on serving', {
          generation: this.generation.number,
          problem,
        });
      }
      onReload('failure');
      this.#forgetRefused(error instanceof LoadError && error.worthRetrying);
    }
    this.#watch.follow(files.seen);
  }

  async #load(files: TrackedFiles): Promise<LoadedGeneration> {
    const { readConfig, pool, failureMode, policies } = this.#options;
    const config = await readConfig(files);
    const asked = (this.#asked = new Set<string>());
    return loadGeneration(++this.#attempts, config, this.#generation, {
      pool,
      files,
      images: noting(this.#images, asked),
      usual: this.#usual,
      nextKey: () => ++this.#keys,
      reusable: new Reusable(this.#generation),
      failureMode,
      modules: this.#store.opener(files),
      policies,
      added: [],
    });
  }

  /** Tells what of a generation can't serve, and tries again later what may only be late. */
  #accept({ spec, problems, worthRetrying }: LoadedGeneration): GenerationSpec {
    for (const problem of problems)
      this.#options.log('error', 'module could not be loaded, the others serve', { problem });
    if (worthRetrying) this.#retryLater();
    else {
      clearTimeout(this.#retry);
      this.#retryMs = this.#options.firstRetryMs ?? FIRST_RETRY_MS;
    }
    return spec;
  }

  #retryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.reload(), this.#retryMs).unref();
    this.#retryMs = Math.min(LONGEST_RETRY_MS, 2 * this.#retryMs);
  }

  async #replace(next: GenerationSpec): Promise<void> {
    const old = this.generation;
    const activation = Promise.withResolvers<void>();
    const released = this.#swap(next, activation.resolve).then(() => unloadGeneration(old, next, this.#options.pool));
    this.#generation = next;
    this.#forgetUnused();
    await Promise.race([released, activation.promise]);
    // One request that takes its time must not keep the next configuration from serving.
    await Promise.race([released, sleep(RELEASE_PATIENCE_MS, undefined, { ref: false })]);
  }

  /**
   * What only the refused configuration uses is let go: it may have any number of successors that are refused as well. When
   * the same is tried again soon, what it has had compiled stays, and nothing else.
   */
  #forgetRefused(isTriedAgain: boolean): void {
    if (!isTriedAgain) return this.#forgetUnused();
    const serving = modulesOf(this.generation).map(({ module }) => module.imageKey);
    keepOnly(this.#images, this.#asked.union(new Set(serving)));
  }

  /** What the serving generation does not use is compiled and tried again if it comes back. */
  #forgetUnused(): void {
    const modules = modulesOf(this.generation).map(({ module }) => module);
    keepOnly(this.#images, new Set(modules.map(({ imageKey }) => imageKey)));
    keepOnly(this.#usual, new Set(modules.map(trialKey)));
    const urls = [...(this.generation.policies?.values() ?? [])].flatMap(urlsOf);
    this.#store.keepOnly(new Set([...urls, ...modules.flatMap(({ source }) => source ?? [])]));
  }
}

/** The same images; each one that is looked for is noted. */
function noting(images: Map<string, Promise<GuestImage>>, asked: Set<string>): Images {
  return {
    get: (key) => {
      asked.add(key);
      return images.get(key);
    },
    set: (key, image) => images.set(key, image),
    delete: (key) => images.delete(key),
  };
}

function urlsOf(policy: PolicySpec): string[] {
  return policy.kind === 'policy' ? [policy.url] : [...policy.members.values()].map(({ url }) => url);
}

function keepOnly(map: Map<string, unknown>, keys: ReadonlySet<string>): void {
  for (const key of map.keys()) if (!keys.has(key)) map.delete(key);
}

/** ConfigError and LoadError name one problem a line. */
function problemsOf(error: unknown): readonly string[] {
  return (error instanceof Error ? error.message : String(error)).split('\n');
}
