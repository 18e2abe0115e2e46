import { RegistryError } from '../errors.ts';
import type { Exchange, Headers, HttpRequest, HttpResponse } from './exchange.ts';
import { describeUrl } from './failure.ts';
import type { Ladder } from './ladder.ts';
import { MAX_REDIRECTS } from './limits.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and follows redirects of GET and HEAD. The Authorization header never leaves the origin that the
 * request was for, not even to come back to it. Throws `redirect` for too many, bad or forbidden ones.
 */
export async function follow(exchange: Exchange, ladder: Ladder, request: HttpRequest): Promise<HttpResponse> {
  let current = request;
  for (let hops = 0; ; hops++) {
    const response = await exchange(current);
    if (!REDIRECTS.has(response.status)) return response;
    if (request.method !== 'GET' && request.method !== 'HEAD') return response;
    await response.body.discard();
    if (hops === MAX_REDIRECTS) {
      throw new RegistryError('redirect', `${request.method} ${describeUrl(request.url)}: too many redirects`);
    }
    const url = target(response);
    // Whatever the sources say of the other host: who asked over TLS did not ask for a plain answer.
    if (current.url.protocol === 'https:' && url.protocol === 'http:') {
      throw new RegistryError('redirect', `${describeUrl(current.url)} redirects to plain HTTP`);
    }
    const isHome = url.origin === current.url.origin;
    current = {
      ...current,
      url,
      verify: isHome ? current.verify : ladder.verifyOf(url),
      headers: isHome ? current.headers : withoutCredentials(current.headers),
    };
  }
}

function target(response: HttpResponse): URL {
  const location = response.header('location');
  const url = location === undefined ? null : URL.parse(location, response.url);
  if (url === null || url.username !== '' || url.password !== '') {
    throw new RegistryError('redirect', `${describeUrl(response.url)} answers a redirect without a usable Location`);
  }
  return url;
}

function withoutCredentials(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
}
