import type { Credentials } from '../credentials/credential.ts';
import { RegistryError } from '../errors.ts';
import type { Dispatchers } from '../http/dispatchers.ts';
import { createExchange, type Headers, type HttpResponse, type Method, type Payload } from '../http/exchange.ts';
import { createLadder, type Rung } from '../http/ladder.ts';
import { describeUrl } from '../http/failure.ts';
import type { RetryPolicy, Timeouts } from '../http/limits.ts';
import { follow } from '../http/redirects.ts';
import { retry } from '../http/retry.ts';
import { apiHost } from '../reference/hosts.ts';
import { refusedAnswer } from './answer.ts';
import { createAuthorizer, type Grant } from './authorizer.ts';

/** A call of a registry's API. */
export interface RegistryCall {
  readonly method: Method;
  readonly registry: string;
  readonly repository: string;
  /** `/v2/…` with its query, or an absolute URL on the registry's own origin that the registry gave us. */
  readonly target: string | URL;
  readonly headers?: Headers;
  readonly payload?: Payload;
  /** What is asked for, for messages: `manifest ghcr.io/org/name:v1`. */
  readonly what: string;
  readonly access: 'pull' | 'push';
  /** Another repository that is read from at the same time. */
  readonly alsoPull?: string | undefined;
  /** Statuses that are answers; every other one is thrown. */
  readonly expect: readonly number[];
  /** Whether a failed call may be made again. Default: for GET and HEAD. */
  readonly isRepeatable?: boolean;
  readonly signal: AbortSignal | undefined;
}

/** An answer with its body. */
export interface ReadResponse {
  readonly response: HttpResponse;
  readonly bytes: Uint8Array;
}

/** Calls registries: protocol ladder, authorization, redirects and repetition. */
export interface Session {
  call(call: RegistryCall): Promise<HttpResponse>;
  /** As `call`, and reads the body of at most `limit` bytes; one that breaks is asked for again, too. */
  read(call: RegistryCall, limit: number): Promise<ReadResponse>;
  /** GETs a URL of a web server, as nobody. Every status but 200 is thrown. */
  download(url: URL, signal: AbortSignal | undefined): Promise<HttpResponse>;
  readonly retryPolicy: RetryPolicy;
}

export interface SessionOptions {
  readonly dispatchers: Dispatchers;
  readonly insecure: ReadonlySet<string>;
  readonly credentials: Credentials;
  readonly retryPolicy: RetryPolicy;
  readonly timeouts: Timeouts;
  readonly userAgent: string;
}

export function createSession(options: SessionOptions): Session {
  const { retryPolicy } = options;
  const exchange = createExchange(options.dispatchers, options.timeouts, options.userAgent);
  const ladder = createLadder(options.insecure);
  const authorizer = createAuthorizer(exchange, ladder, options.credentials);

  const send = (call: RegistryCall, rung: Rung, authorization: string | undefined): Promise<HttpResponse> => {
    const headers = { ...call.headers, ...(authorization === undefined ? {} : { authorization }) };
    const { method, payload, signal } = call;
    return follow(exchange, ladder, { method, url: urlOf(call, rung), headers, payload, verify: rung.verify, signal });
  };

  const authorized = async (call: RegistryCall, rung: Rung): Promise<HttpResponse> => {
    const grant = grantOf(call);
    let authorization = authorizer.remembered(grant);
    let response = await send(call, rung, authorization);
    // One answer to one challenge: a registry that asks again has refused it. A 401 of a storage host that we were
    // redirected to is not about our credentials at all.
    if (response.status === 401 && response.url.host === urlOf(call, rung).host) {
      await response.body.discard();
      authorization = await authorizer.answer(grant, response);
      response = await send(call, rung, authorization);
    }
    if (call.expect.includes(response.status)) return response;
    const { method, what } = call;
    const secrets = secretsOf(authorization);
    throw await refusedAnswer(response, { method, what, secrets, hasCredential: authorization !== undefined });
  };

  const repeated = <T>(call: RegistryCall, use: (response: HttpResponse) => Promise<T>): Promise<T> => {
    const isRepeatable = call.isRepeatable ?? (call.method === 'GET' || call.method === 'HEAD');
    const host = apiHost(call.registry);
    const attempt = async (): Promise<T> => use(await ladder.climb(host, (rung) => authorized(call, rung)));
    return isRepeatable ? retry(retryPolicy, call.signal, attempt) : attempt();
  };

  const download = async (url: URL, rung: Rung, signal: AbortSignal | undefined): Promise<HttpResponse> => {
    const { verify } = rung;
    const response = await follow(exchange, ladder, { method: 'GET', url, headers: {}, verify, signal });
    if (response.status === 200) return response;
    throw await refusedAnswer(response, { method: 'GET', what: 'module', secrets: [], hasCredential: false });
  };

  return {
    retryPolicy,
    download(url, signal) {
      const attempt = (rung: Rung): Promise<HttpResponse> => download(atRung(url, rung), rung, signal);
      if (url.protocol === 'https:') return retry(retryPolicy, signal, () => ladder.climb(url.host, attempt));
      if (!ladder.isInsecure(url.host)) throw plainHttp(url);
      return retry(retryPolicy, signal, () => attempt({ protocol: 'http:', verify: false }));
    },
    call: (call) => repeated(call, (response) => Promise.resolve(response)),
    read: (call, limit) => {
      return repeated(call, async (response) => ({ response, bytes: await response.body.bytes(limit) }));
    },
  };
}

function urlOf({ registry, target }: RegistryCall, rung: Rung): URL {
  return target instanceof URL ? target : new URL(target, `${rung.protocol}//${apiHost(registry)}`);
}

function atRung(url: URL, rung: Rung): URL {
  const target = new URL(url);
  target.protocol = rung.protocol;
  return target;
}

function plainHttp(url: URL): RegistryError {
  const next = `add ${url.host} to insecure_sources, or use https`;
  return new RegistryError('tls', `${describeUrl(url)}: plain HTTP is used for insecure hosts only; ${next}`);
}

function grantOf({ registry, repository, access, alsoPull, signal }: RegistryCall): Grant {
  const scope = `repository:${repository}:${access === 'push' ? 'pull,push' : 'pull'}`;
  const scopes = alsoPull === undefined ? [scope] : [scope, `repository:${alsoPull}:pull`];
  return { registry, repository, scopes, signal };
}

/** What of an Authorization header a server could repeat in its answer. */
function secretsOf(authorization: string | undefined): readonly string[] {
  const value = authorization?.slice(authorization.indexOf(' ') + 1);
  if (value === undefined || value === '') return [];
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  const password = authorization?.startsWith('Basic ') && colon !== -1 ? decoded.slice(colon + 1) : '';
  return [value, ...(password === '' ? [] : [decoded, password])];
}
