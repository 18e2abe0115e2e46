import { createHash } from 'node:crypto';
import type { FetchOptions, ModuleSource } from './policy-options.ts';

/** The largest Go policies have 20 MB, those with an interpreter inside 40; three times that. */
export const MAX_MODULE_BYTES = 128 * 1024 * 1024;

/** Modules from web servers. Only success counts: the page of a 404 is no module. */
export const httpSource: ModuleSource = {
  async fetch(url, { signal, onProgress }: FetchOptions) {
    const response = await fetch(url, { signal, headers: { accept: 'application/wasm, */*' } }).catch(
      (error: unknown) => {
        throw new Error(causeOf(error), { cause: error });
      },
    );
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the server answered with status ${response.status}`);
    }
    const hash = createHash('sha256');
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > MAX_MODULE_BYTES) throw new Error(`it has more than ${MAX_MODULE_BYTES} bytes`);
      hash.update(chunk);
      chunks.push(chunk);
      onProgress?.(length);
    }
    return { bytes: Buffer.concat(chunks, length), digest: hash.digest('hex') };
  },
};

/** `fetch` says no more than that it failed; why is in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
