import type { Reach } from '@ostiary/registry';
import type { Log } from '../log.ts';

export interface FollowedReachOptions {
  /** Reads the files; beside an old reach it rejects when one can't be used. */
  readonly open: (old?: Reach) => Promise<Reach>;
  /** Called when answers that were made with the reach hold no longer. */
  readonly replaced: () => void;
  readonly log: Log;
  /** Milliseconds; tests shorten them. */
  readonly retryMs?: number;
  readonly closeMs?: number;
}

/** How registries are reached now. */
export interface FollowedReach {
  /** Opened at the first call, and again at the first after a change. Rejects when nothing could ever be opened. */
  readonly current: () => Promise<Reach>;
  /** The files have changed. */
  readonly reload: () => void;
}

/** After files that can't be used, they are not read again for every question. */
const RETRY_MS = 1000;
/** Questions that were begun with an old client have ended by then; they have 9 s. */
const CLOSE_MS = 10_000;

/** Keeps to the old reach as long as the files can't be used. */
export function followReach(options: FollowedReachOptions): FollowedReach {
  const { open, replaced, log, retryMs = RETRY_MS, closeMs = CLOSE_MS } = options;
  let reach: Reach | undefined;
  let opening: Promise<Reach> | undefined;
  let isStale = false;
  let retryAt = 0;

  const renew = async (old: Reach | undefined): Promise<Reach> => {
    // Before the files are read: a change meanwhile is one more.
    isStale = false;
    if (!old) return (reach = await open());
    try {
      reach = await open(old);
    } catch (error) {
      [isStale, retryAt] = [true, performance.now() + retryMs];
      const cause = error instanceof Error ? error.message : String(error);
      log('error', 'changed sources, credentials or trust root can not be used for host calls', { cause });
      return old;
    }
    letGo(old);
    return reach;
  };
  const letGo = ({ client }: Reach): void => {
    replaced();
    setTimeout(() => void client.close().catch(() => undefined), closeMs).unref();
  };
  return {
    async current() {
      if (!opening && reach && !(isStale && performance.now() >= retryAt)) return reach;
      opening ??= renew(reach).finally(() => (opening = undefined));
      return opening;
    },
    reload() {
      isStale = true;
      retryAt = 0;
      // What the old one has answered must not outlive it, though the new one is opened only when it is asked.
      replaced();
    },
  };
}
