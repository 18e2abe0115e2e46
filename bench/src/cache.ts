import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';

/** Where built programs and compiled guests are kept between runs, outside of the checkout. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  // The specification of base directories tells to ignore a path that is not absolute.
  const given = env['XDG_CACHE_HOME'];
  const base = given?.startsWith('/') ? given : join(env['HOME'] ?? homedir(), '.cache');
  return join(base, 'ostiary', 'bench');
}

/** A digest of all files under a folder, lock files included: what is built from it is built again when one changes. */
export function digestOfFolder(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/[/\\]target([/\\]|$)/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files)
    hash
      .update(`${relative(folder, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return shortened(hash.digest('hex'));
}

export function digestOfFile(file: string): string {
  return shortened(createHash('sha256').update(readFileSync(file)).digest('hex'));
}

function shortened(hex: string): string {
  return hex.slice(0, 16);
}
