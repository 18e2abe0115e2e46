import { readFile } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { KubeConfigError } from '../errors.ts';
import type { PemSource } from '../config/types.ts';

/** A file's text, read again when it may have changed. */
export interface RereadFile {
  readonly text: () => Promise<string>;
  /** Makes the next `text` read the file. */
  readonly expire: () => void;
}

/** Kubelet replaces projected tokens long before they expire, so that a minute's delay does no harm. */
const REREAD_AFTER_MS = 60_000;

/** Tokens and certificates are a few KiB; bundles of authorities some hundreds. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads `path` at most once a minute. While a file that was read before can't be read, the old text goes on: files
 * vanish for an instant when they are replaced. Throws KubeConfigError `unreadable`.
 */
export function rereadFile(path: string, clock: Clock): RereadFile {
  let known: { readonly text: string } | undefined;
  let readAt = -Infinity;
  const read = async (): Promise<string> => {
    try {
      const bytes = await readFile(path);
      if (bytes.length > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES} bytes`);
      known = { text: bytes.toString('utf8') };
    } catch (cause) {
      if (known === undefined) throw new KubeConfigError('unreadable', "can't be read", { file: path, cause });
    }
    readAt = clock.now();
    return known.text;
  };
  return {
    text: async () => (known !== undefined && clock.now() - readAt < REREAD_AFTER_MS ? known.text : read()),
    expire: () => {
      readAt = -Infinity;
    },
  };
}

/** A certificate or key as a text that may change; undefined for none. */
export function rereadPem(source: PemSource | undefined, clock: Clock): RereadFile | undefined {
  if (source === undefined) return undefined;
  if (source.kind === 'file') return rereadFile(source.path, clock);
  return { text: async () => source.pem, expire: () => {} };
}
