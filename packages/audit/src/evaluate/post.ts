import type { Dispatcher } from 'undici';
import { EvaluationError } from './evaluator.ts';

export interface PostOptions {
  /** From the start until the last byte of the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface PostAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** An answer holds a patch at most, which may rewrite an object of 3 MiB, in base64 and with steps around it. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

const HEADERS = { 'content-type': 'application/json' } as const;

/** Sends JSON and reads the answer, whatever its status. Throws EvaluationError `unavailable`, `timeout`, `bad-answer`. */
export async function postJson(
  server: Dispatcher,
  path: string,
  body: Uint8Array,
  { timeoutMs, signal }: PostOptions,
): Promise<PostAnswer> {
  // One controller and one timer: composite signals cost more than all the rest of a request.
  const ending = new AbortController();
  const end = (): void => ending.abort();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  try {
    signal?.throwIfAborted();
    const answer = await server.request({ method: 'POST', path, headers: HEADERS, body, signal: ending.signal });
    return { status: answer.statusCode, body: await read(answer.body) };
  } catch (error) {
    if (error instanceof EvaluationError) throw error;
    if (isLate) throw new EvaluationError('timeout', `the policy server gave no answer within ${timeoutMs} ms`, error);
    throw new EvaluationError('unavailable', `the policy server can't be reached: ${reasonOf(error)}`, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

/** To leave the loop closes the connection. */
async function read(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES)
      throw new EvaluationError('bad-answer', `the answer has more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}

/** The code says it all where there is one; texts of TLS errors name the certificate's fault. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message === '' ? code : error.message;
}
