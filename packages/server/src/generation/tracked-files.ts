import { readFile, stat } from 'node:fs/promises';

/**
 * Files read so far with what they looked like just before they were read. Kept so that the watch compares with what
 * was really loaded: a change between reading and watching is not missed.
 */
export class TrackedFiles {
  readonly #seen = new Map<string, string>();

  get seen(): ReadonlyMap<string, string> {
    return this.#seen;
  }

  /** @throws the error of the file system, after the path has been noted: a missing file is watched for too. */
  async read(path: string): Promise<Uint8Array> {
    const now = await fingerprint(path);
    // What was read first counts too: a change between two reads of one load must not go unseen.
    if (!this.#seen.has(path)) this.#seen.set(path, now);
    return readFile(path);
  }
}

/** Changes whenever the path leads to another file or the file to other content; "absent" when there is none. */
export async function fingerprint(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found ? `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}` : 'absent';
}
