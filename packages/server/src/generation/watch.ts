import { fingerprint } from './tracked-files.ts';

/**
 * How often files are looked at. A change counts once it has been the same at two looks, so that a file caught half
 * written is not taken for whole; with loading that stays well below two seconds.
 */
const LOOK_EVERY_MS = 250;

/** Watches files by looking at them. */
export interface FileWatch {
  /** Compares with these fingerprints from now on. */
  follow(seen: ReadonlyMap<string, string>): void;
  stop(): void;
}

/**
 * Calls `changed` when any followed file is another one than was seen: written, replaced, removed, created, or reached
 * through another symbolic link. Mounted ConfigMaps and Secrets change by swapping a link above the file, which
 * notification of the file itself never shows; a look through the whole path always does, on every file system.
 *
 * `changed` is to read the files again and to follow what it saw then.
 */
export function watchFiles(changed: () => void): FileWatch {
  let seen: ReadonlyMap<string, string> = new Map();
  let before: string | undefined;
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    const compared = seen;
    const now = await Promise.all([...compared.keys()].map(fingerprint));
    if (!timer) return;
    timer = setTimeout(() => void look(), LOOK_EVERY_MS);
    const text = now.join(' ');
    const differs = text !== [...compared.values()].join(' ');
    const stable = text === before;
    before = text;
    if (differs && stable && compared === seen) {
      seen = new Map([...compared.keys()].map((path, index) => [path, now[index] ?? '']));
      changed();
    }
  };
  timer = setTimeout(() => void look(), LOOK_EVERY_MS);

  return {
    follow: (next) => void (seen = next),
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
