import type { IncomingMessage } from 'node:http';

/** Why a body can't be used: the status to answer with, and a sentence that says what to do. */
export interface BodyProblem {
  readonly status: 400 | 413 | 415;
  readonly message: string;
}

/** Reads a JSON request body of at most `limit` bytes; nothing beyond the limit is kept in memory. */
export function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array | BodyProblem> {
  const refusal = refuseHeaders(request, limit);
  if (refusal) return Promise.resolve(refusal);
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    request.on('data', (chunk: Uint8Array) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else {
        request.pause();
        resolve(tooLarge(limit));
      }
    });
    request.on('end', () => resolve(joined(chunks, length)));
    request.on('error', () => resolve({ status: 400, message: 'the request body ended early' }));
  });
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  return only && chunks.length === 1 ? only : Buffer.concat(chunks, length);
}

function refuseHeaders(request: IncomingMessage, limit: number): BodyProblem | undefined {
  const type = request.headers['content-type'];
  if (type !== undefined && type !== 'application/json' && !/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    return { status: 415, message: 'expected a request with Content-Type: application/json' };
  }
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    return { status: 415, message: 'expected a request body without Content-Encoding' };
  }
  return Number(request.headers['content-length'] ?? 0) > limit ? tooLarge(limit) : undefined;
}

function tooLarge(limit: number): BodyProblem {
  return { status: 413, message: `the request body is larger than the limit of ${limit} bytes` };
}
