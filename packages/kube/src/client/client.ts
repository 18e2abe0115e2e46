import type { Dispatcher } from 'undici';
import { createCredentials } from '../auth/credentials.ts';
import { systemClock, type Clock } from '../clock.ts';
import type { KubeConfig } from '../config/types.ts';
import { isKubeError, KubeConfigError, KubeError } from '../errors.ts';
import { createTokenBucket } from '../token-bucket.ts';
import { startDeadline, type Deadline } from './deadline.ts';
import {
  DEFAULT_MAX_BYTES,
  describe,
  MAX_ERROR_BYTES,
  readBody,
  targetOf,
  type KubeRequest,
  type KubeResponse,
} from './request.ts';
import { errorOfAnswer } from './status.ts';
import { createTransport } from './transport.ts';
import { verbOf, type KubeVerb } from './verb.ts';

export interface KubeClientOptions {
  /** Default: `ostiary`. */
  readonly userAgent?: string;
  /** Default: 30 s. */
  readonly timeoutMs?: number;
  /** Requests a second, of which twice as many may go at once. Default: no limit, as the API server has its own. */
  readonly qps?: number | undefined;
  readonly clock?: Clock;
}

export interface StreamRequest extends KubeRequest {
  /** Called once the server has answered with a success. */
  readonly onOpen?: () => void;
}

export interface KubeClient {
  /** Throws KubeError for every answer but a success, and KubeConfigError when credentials can't be had. */
  readonly request: (request: KubeRequest) => Promise<KubeResponse>;
  /** The answer's JSON. `T` is the caller's word: it is not checked. Throws KubeError `not-json` besides. */
  readonly json: <T>(request: KubeRequest) => Promise<T>;
  /** The body as it comes, without an end if the server sends none. To leave the loop closes the connection. */
  readonly stream: (request: StreamRequest) => AsyncIterable<Uint8Array>;
  /** How many requests went out, retries included. */
  readonly requests: ReadonlyMap<KubeVerb, number>;
  /** Ends all connections; what runs fails with `aborted` or `network`. */
  readonly close: () => Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** Beyond the first attempt. */
const MAX_RETRIES = 3;
const RETRY_DELAY_MS = 200;

/** Waits no longer than this for a server that says when to come back; the caller's deadline may be earlier. */
const MAX_RETRY_AFTER_MS = 30_000;

/** Nothing connects before the first request. */
export function createKubeClient(config: KubeConfig, options: KubeClientOptions = {}): KubeClient {
  const { userAgent = 'ostiary', timeoutMs: defaultTimeoutMs = DEFAULT_TIMEOUT_MS, qps, clock = systemClock } = options;
  const credentials = createCredentials(config, clock);
  const transport = createTransport(config.cluster, credentials);
  const { origin, pathname } = new URL(config.cluster.server);
  const base = pathname.replace(/\/+$/, '');
  const bucket = qps === undefined ? undefined : createTokenBucket({ perSecond: qps, burst: qps * 2, now: clock.now });
  const requests = new Map<KubeVerb, number>();
  const closing = new AbortController();

  const send = async (
    request: KubeRequest,
    use: 'request' | 'stream',
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> => {
    const { method = 'GET', path, query, body, contentType = 'application/json', headers } = request;
    const wait = bucket?.reserve() ?? 0;
    if (wait > 0) await clock.sleep(wait, signal);
    signal.throwIfAborted();
    const verb = verbOf(method, path, query?.['watch'] !== undefined);
    const target = targetOf(base, request);
    const own = await credentials.headers();
    const dispatcher = await transport.dispatcher(use);
    requests.set(verb, (requests.get(verb) ?? 0) + 1);
    return dispatcher.request({
      origin,
      path: target,
      method,
      signal,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...headers,
        ...own,
      },
      ...(body === undefined ? {} : { body: encode(body) }),
    });
  };

  /** Sends, and once more if the server no longer takes credentials that can be had anew. Throws for anything but 2xx. */
  const open = async (
    request: KubeRequest,
    use: 'request' | 'stream',
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> => {
    let answer = await send(request, use, signal);
    if (answer.statusCode === 401 && credentials.refresh()) {
      await answer.body.dump();
      answer = await send(request, use, signal);
    }
    if (answer.statusCode < 300) return answer;
    const what = describe(request);
    const body = await readBody(answer.body, MAX_ERROR_BYTES, what);
    throw errorOfAnswer(what, answer.statusCode, body, headerOf(answer, 'retry-after'));
  };

  const attempt = async (request: KubeRequest, deadline: Deadline): Promise<KubeResponse> => {
    try {
      const { statusCode, headers, body } = await open(request, 'request', deadline.signal);
      const max = request.maxBytes ?? DEFAULT_MAX_BYTES;
      return { status: statusCode, headers, body: await readBody(body, max, describe(request)) };
    } catch (error) {
      throw deadline.errorOr(error);
    }
  };

  const request = async (request: KubeRequest): Promise<KubeResponse> => {
    const deadline = startDeadline(describe(request), request.timeoutMs ?? defaultTimeoutMs, [
      request.signal,
      closing.signal,
    ]);
    try {
      for (let retries = 0; ; retries += 1) {
        try {
          return await attempt(request, deadline);
        } catch (error) {
          const delay = retries < MAX_RETRIES ? retryDelay(request, error, retries) : undefined;
          if (delay === undefined) throw error;
          await clock.sleep(delay * (1 + clock.random() / 4), deadline.signal);
        }
      }
    } finally {
      deadline.end();
    }
  };

  return {
    request,
    json: async <T>(which: KubeRequest): Promise<T> => parseBody(describe(which), (await request(which)).body) as T,
    stream: (which) => streamOf(which),
    requests,
    close: async () => {
      closing.abort();
      await transport.close();
    },
  };

  async function* streamOf(which: StreamRequest): AsyncGenerator<Uint8Array, void> {
    const deadline = startDeadline(describe(which), which.timeoutMs ?? defaultTimeoutMs, [
      which.signal,
      closing.signal,
    ]);
    try {
      const { body } = await open(which, 'stream', deadline.signal);
      // From here on only silence ends a stream, and that is the reader's to judge.
      deadline.lift();
      which.onOpen?.();
      for await (const chunk of body) yield chunk as Uint8Array;
    } catch (error) {
      throw deadline.errorOr(error);
    } finally {
      deadline.end();
    }
  }
}

/** How long to wait before asking again; undefined if that would be wrong or useless. */
function retryDelay({ method = 'GET' }: KubeRequest, error: unknown, retries: number): number | undefined {
  if (method !== 'GET' || error instanceof KubeConfigError) return undefined;
  if (isKubeError(error, 'network')) return isDistrust(error) ? undefined : RETRY_DELAY_MS * 2 ** retries;
  if (!isKubeError(error, 'too-many-requests', 'unavailable') || error.retryAfterSeconds === undefined)
    return undefined;
  return Math.min(error.retryAfterSeconds * 1000, MAX_RETRY_AFTER_MS);
}

/** A certificate that isn't good now won't be in a second. */
function isDistrust({ cause }: KubeError): boolean {
  return cause instanceof Error && 'code' in cause && /CERT|SIGNATURE|TLS_|SSL_/.test(String(cause.code));
}

function encode(body: unknown): string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
}

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function parseBody(what: string, body: Uint8Array): unknown {
  try {
    // Node's own decoder refuses what isn't UTF-8; JSON.parse's message would quote the body and is not passed on.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new KubeError('not-json', `${what}: the answer is not JSON`);
  }
}
