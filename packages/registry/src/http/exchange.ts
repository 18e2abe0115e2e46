import { Readable } from 'node:stream';
import { RegistryError } from '../errors.ts';
import { readBody, type Body } from './body.ts';
import type { Dispatchers } from './dispatchers.ts';
import { abortError, describeUrl, transportError } from './failure.ts';
import { SLOWEST, type Timeouts } from './limits.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
export type Headers = Readonly<Record<string, string>>;

/** What is sent: bytes, or a stream that can be opened again for another attempt. */
export type Payload = Uint8Array | { readonly size: number; readonly open: () => AsyncIterable<Uint8Array> };

export interface HttpRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Headers;
  readonly payload?: Payload | undefined;
  /** Whether the server's certificate is checked. */
  readonly verify: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** The URL that answered. */
  readonly url: URL;
  /** One header's value; the first if it came several times. Names are lower-case. */
  readonly header: (name: string) => string | undefined;
  /** All values of a header. */
  readonly headerValues: (name: string) => readonly string[];
  readonly body: Body;
}

/** Sends one request and waits for the head of its answer. Follows no redirect, judges no status. */
export type Exchange = (request: HttpRequest) => Promise<HttpResponse>;

export function createExchange(dispatchers: Dispatchers, timeouts: Timeouts, userAgent: string): Exchange {
  return async (request) => {
    const { method, url, signal } = request;
    const watch = watchHead(request, timeouts);
    try {
      const { statusCode, headers, body } = await dispatchers.get(url, request.verify).request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: { 'user-agent': userAgent, 'accept-encoding': 'identity', ...request.headers, ...length(request) },
        body: payloadBody(request.payload),
        signal: watch.signal,
      });
      watch.headArrived();
      const values = (name: string): readonly string[] => {
        const value = headers[name];
        return value === undefined ? [] : typeof value === 'string' ? [value] : value;
      };
      return {
        status: statusCode,
        url,
        header: (name) => values(name)[0],
        headerValues: values,
        body: readBody(body, { method, url, timeouts, done: watch.done }),
      };
    } catch (error) {
      watch.done();
      if (signal?.aborted) throw abortError(signal, method, url);
      throw transportError(error, method, url);
    }
  };
}

interface HeadWatch {
  readonly signal: AbortSignal;
  readonly headArrived: () => void;
  readonly done: () => void;
}

/** Cancels a request whose answer's head doesn't come in time, or whose caller lets go of it until its body is read. */
function watchHead({ method, url, payload, signal }: HttpRequest, timeouts: Timeouts): HeadWatch {
  const controller = new AbortController();
  const onAbort = (): void => {
    controller.abort(signal === undefined ? undefined : abortError(signal, method, url));
  };
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const size = payload === undefined ? 0 : payload instanceof Uint8Array ? payload.length : payload.size;
  const wait = timeouts.connect + timeouts.head + (size / SLOWEST) * 1000;
  const timer = setTimeout(() => {
    controller.abort(new RegistryError('timeout', `${method} ${describeUrl(url)}: no answer within ${wait / 1000} s`));
  }, wait);
  return {
    signal: controller.signal,
    headArrived: () => clearTimeout(timer),
    done: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

function length({ method, payload }: HttpRequest): Headers {
  if (payload !== undefined) {
    return { 'content-length': String(payload instanceof Uint8Array ? payload.length : payload.size) };
  }
  // Some registries answer 411 to a POST that doesn't say that it is empty.
  return method === 'GET' || method === 'HEAD' ? {} : { 'content-length': '0' };
}

function payloadBody(payload: Payload | undefined): Uint8Array | Readable | null {
  if (payload === undefined || payload instanceof Uint8Array) return payload ?? null;
  return Readable.from(payload.open(), { objectMode: false });
}
