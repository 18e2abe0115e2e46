import type { EvaluationPool } from '../evaluation/pool.ts';
import type { Images } from './images.ts';
import type { ModuleOpener } from './module-store.ts';
import type { PolicyOptions } from './policy-options.ts';
import type { Reusable } from './reuse.ts';
import type { TrackedFiles } from './tracked-files.ts';

/** What becomes of a server when one of its modules can't be loaded at its start. */
export type FailureMode =
  /** Nothing starts; what has been serving goes on. */
  | 'strict'
  /** As policy-server's `--continue-on-errors`: policies that fail answer with their error, gates must be whole. */
  | 'continueOnErrors'
  /** Whatever fails answers for itself alone: policies with their error, modules of gates by their failure policy. */
  | 'isolate';

export interface LoadContext {
  readonly pool: EvaluationPool;
  readonly files: TrackedFiles;
  readonly images: Images;
  /** The usual time of a call in microseconds, by image and settings; shared by generations like the images. */
  readonly usual: Map<string, Promise<number | undefined>>;
  /** A number that no guest of this process has had. */
  readonly nextKey: () => number;
  /** What serves and need not be loaded again. */
  readonly reusable: Reusable;
  readonly failureMode: FailureMode;
  readonly modules: ModuleOpener;
  readonly policies: PolicyOptions;
  /** Guests that this load has added to the pool; they go again when it fails. */
  readonly added: number[];
}
