import { createHash } from 'node:crypto';
import type { FetchOptions, ModuleSource } from './policy-options.ts';

/** The largest Go policies have 20 MB, those with an interpreter inside 40; three times that. */
export const MAX_MODULE_BYTES = 128 * 1024 * 1024;

/** Modules from web servers, for who has no registry client. Only success counts: the page of a 404 is no module. */
export const httpSource: ModuleSource = {
  async fetch(url, { signal, onProgress }: FetchOptions) {
    const { target, authorization } = requestFor(url);
    const headers = { accept: 'application/wasm, */*', ...authorization };
    const response = await fetch(target, { signal, headers }).catch((error: unknown) => {
      throw new Error(causeOf(error), { cause: error });
    });
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

/** `fetch` refuses a URL with a password, in words that repeat it. */
function requestFor(text: string): { readonly target: URL; readonly authorization: Readonly<Record<string, string>> } {
  const target = URL.parse(text);
  if (target === null) throw new Error('it is not a URL');
  const { username, password } = target;
  if (username === '' && password === '') return { target, authorization: {} };
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  target.username = '';
  target.password = '';
  return { target, authorization: { authorization: `Basic ${credentials}` } };
}

/** A percent sign that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `fetch` says no more than that it failed; why is in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
