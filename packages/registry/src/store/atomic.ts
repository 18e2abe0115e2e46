import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Unfinished files begin so; no reference does, so no list shows them. */
const PREFIX = '.ostiary-tmp-';
/** An unfinished file that nobody has written to for this long belongs to a process that is gone. */
const ABANDONED_MS = 60 * 60_000;

/** Parents may vanish between making them and writing, while another process removes the last module beside us. */
const MAX_TRIES = 20;

/**
 * Writes a file so that at its path there is never anything but a whole one: into a temporary file beside it, flushed,
 * then renamed. If `write` throws, nothing has changed. Writers of the same path don't disturb each other; the last
 * one wins.
 */
export async function writeAtomically(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const { handle, temporary } = await openBeside(path);
  try {
    try {
      // The names in a store are public; what they hold is no secret, and kwctl under another user reads it, too.
      for await (const chunk of chunks) await handle.writeFile(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function openBeside(path: string) {
  const temporary = join(dirname(path), PREFIX + randomUUID());
  for (let tries = 1; ; tries++) {
    try {
      await mkdir(dirname(path), { recursive: true });
      return { temporary, handle: await open(temporary, 'wx', 0o644) };
    } catch (error) {
      if (tries >= MAX_TRIES || !(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}

/** Makes the new name last through a power cut; where directories can't be synced, the file system sees to that. */
async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // The file is complete and in place; only its durability is the system's business now.
  }
}

/** True for the name of a file that is still being written, or was abandoned. */
export function isTemporary(name: string): boolean {
  return basename(name).startsWith(PREFIX);
}

/** Removes abandoned temporary files under `root`; returns how many. Those of living writers stay. */
export async function removeAbandoned(root: string, now: number): Promise<number> {
  const names = await readdir(root, { recursive: true }).catch(() => []);
  let removed = 0;
  for (const name of names.filter((entry) => isTemporary(entry))) {
    const path = join(root, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || now - found.mtimeMs < ABANDONED_MS) continue;
    await rm(path, { force: true });
    removed++;
  }
  return removed;
}
