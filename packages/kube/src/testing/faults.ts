import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { statusObject } from './status.ts';

/** A request as the fake saw it. */
export interface FakeRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** The common name of the client's certificate. */
  readonly clientName: string | undefined;
}

/** What goes wrong. */
export type FakeFaultAction =
  | {
      readonly type: 'status';
      readonly status: number;
      readonly reason?: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Any answer at all; an endless body is an endless iterable. */
  | {
      readonly type: 'answer';
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string | Iterable<Uint8Array | string>;
    }
  /** The connection breaks without an answer. */
  | { readonly type: 'drop' }
  /** No answer ever comes. */
  | { readonly type: 'hang' }
  /** The right answer comes late. */
  | { readonly type: 'delay'; readonly ms: number }
  /** The right answer breaks off after so many bytes. */
  | { readonly type: 'cut'; readonly afterBytes: number };

export interface FakeFault {
  readonly match: (request: FakeRequest) => boolean;
  /** Default: 1. */
  readonly times?: number;
  readonly action: FakeFaultAction;
}

/** Does what the fault says; true if that was the answer, false if the right one is still to come. */
export async function commitFault(action: FakeFaultAction, response: ServerResponse): Promise<boolean> {
  switch (action.type) {
    case 'status': {
      const { status, reason = '', message = 'injected', headers = {} } = action;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(statusObject(status, reason, message)));
      return true;
    }
    case 'answer':
      response.writeHead(action.status ?? 200, { 'content-type': 'application/json', ...action.headers });
      await writeAll(response, typeof action.body === 'string' ? [action.body] : action.body);
      response.end();
      return true;
    case 'drop':
      response.destroy();
      return true;
    case 'hang':
      return true;
    case 'delay':
      await sleep(action.ms);
      return false;
    case 'cut':
      cutAfter(response, action.afterBytes);
      return false;
  }
}

async function writeAll(response: ServerResponse, chunks: Iterable<Uint8Array | string>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    response.once('close', resolve);
  });
  for (const chunk of chunks) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await Promise.race([closed, drained(response)]);
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
  });
}

function cutAfter(response: ServerResponse, afterBytes: number): void {
  let left = afterBytes;
  const write = response.write.bind(response);
  const cut = (chunk: unknown): boolean => {
    const bytes = Buffer.from(typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : '');
    write(bytes.subarray(0, left));
    left -= bytes.length;
    if (left <= 0) setImmediate(() => response.destroy());
    return true;
  };
  Object.assign(response, { write: cut, end: (chunk?: unknown) => cut(chunk) });
}
