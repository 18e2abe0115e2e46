import { KubeError } from '../errors.ts';

export type KubeMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface KubeRequest {
  readonly method?: KubeMethod;
  /** Without a query; see `resourcePath`. */
  readonly path: string;
  /** Members that are undefined are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes and text go out as they are, everything else as JSON. */
  readonly body?: unknown;
  /** Default: `application/json`. */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** For the whole request with all its retries; of a stream, until its first byte can flow. */
  readonly timeoutMs?: number | undefined;
  /** A longer body is `too-large`. Default: 64 MiB. Without meaning for streams. */
  readonly maxBytes?: number | undefined;
}

export interface KubeResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** A list page of 500 objects is below 64 MiB up to 134 kB each, and the reflector asks for smaller pages beyond. */
export const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** What an error body may have: a Status is small. */
export const MAX_ERROR_BYTES = 1024 * 1024;

/** `GET /api/v1/pods`: fit for messages, since queries are left out. */
export function describe({ method = 'GET', path }: KubeRequest): string {
  return `${method} ${path}`;
}

/**
 * The target below the server's own path. Throws KubeError `bad-request` for a path that could leave it: names of
 * objects can come from guests.
 */
export function targetOf(base: string, { path, query = {} }: KubeRequest): string {
  // eslint-disable-next-line no-control-regex
  if (!path.startsWith('/') || /[\s\\?#\u0000-\u001f]|\/\/|\/\.{1,2}(?:\/|$)/.test(path)) {
    throw new KubeError('bad-request', `${JSON.stringify(path)} is not a path of the API`);
  }
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return `${base}${path}${text === '' ? '' : `?${text}`}`;
}

/** Reads a body of at most `max` bytes; what breaks off the reading also closes the connection. */
export async function readBody(body: AsyncIterable<Uint8Array>, max: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > max) throw new KubeError('too-large', `${what}: the answer has more than ${max} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}

/** Puts failures of the connection into our words. */
export function errorOfConnection(what: string, error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const text = error instanceof Error ? error.message : String(error);
  return new KubeError('network', `${what}: ${code === undefined || text.includes(code) ? text : `${code}: ${text}`}`, {
    cause: error,
  });
}
