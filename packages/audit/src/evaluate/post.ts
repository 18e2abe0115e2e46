import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type Agent } from 'node:https';
import { EvaluationError } from './evaluator.ts';

export interface PostOptions {
  /** For `https:` addresses. */
  readonly agent: Agent;
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

/** Sends JSON and reads the answer, whatever its status. Throws EvaluationError `unavailable`, `timeout`, `bad-answer`. */
export async function postJson(url: URL, body: Uint8Array, options: PostOptions): Promise<PostAnswer> {
  const expired = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? expired : AbortSignal.any([expired, options.signal]);
  try {
    return await send(url, body, options.agent, signal);
  } catch (error) {
    if (error instanceof EvaluationError) throw error;
    if (expired.aborted) {
      throw new EvaluationError('timeout', `the policy server gave no answer within ${options.timeoutMs} ms`, error);
    }
    throw new EvaluationError('unavailable', `the policy server can't be reached: ${reasonOf(error)}`, error);
  }
}

function send(url: URL, body: Uint8Array, agent: Agent, signal: AbortSignal): Promise<PostAnswer> {
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const own = url.protocol === 'http:' ? {} : { agent };
    const request = start(url, { ...own, method: 'POST', headers, signal }, (response) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      response.on('data', (chunk: Uint8Array) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) {
          request.destroy(new EvaluationError('bad-answer', `the answer has more than ${MAX_ANSWER_BYTES} bytes`));
        } else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The code says it all where there is one; texts of TLS errors name the certificate's fault. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message === '' ? code : error.message;
}
