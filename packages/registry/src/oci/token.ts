import type { Credential } from '../credentials/credential.ts';
import { RegistryError } from '../errors.ts';
import type { Exchange, HttpRequest } from '../http/exchange.ts';
import { describeUrl } from '../http/failure.ts';
import type { Ladder } from '../http/ladder.ts';
import { MAX_SMALL_BODY } from '../http/limits.ts';
import { follow } from '../http/redirects.ts';

/** What the registry takes instead of credentials, for a while. */
export interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

export interface TokenRequest {
  readonly realm: string;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  /** The registry that sent us here. */
  readonly registry: string;
  readonly signal: AbortSignal | undefined;
}

/** By the token specification a server that doesn't say means a minute. */
const DEFAULT_LIFE_S = 60;
/** Asking anew once an hour costs nothing, and clocks and revocations stay honest. */
const LONGEST_LIFE_S = 3600;
/** A token is let go of this long before its end, so that it doesn't end on its way. */
const MARGIN_MS = 10_000;
const MAX_TOKEN = 64 * 1024;

/** Asks a token server: by GET with Basic or as nobody, or by OAuth2 if there is an identity token. */
export async function requestToken(exchange: Exchange, ladder: Ladder, request: TokenRequest): Promise<Token> {
  const realm = URL.parse(request.realm);
  if (realm === null || realm.username !== '' || realm.password !== '') {
    throw new RegistryError('protocol', `${request.registry} names no usable token server`);
  }
  const response = await follow(exchange, ladder, {
    ...tokenCall(realm, request),
    verify: ladder.verifyOf(realm),
    signal: request.signal,
  });
  const where = `token server ${describeUrl(realm)} of ${request.registry}`;
  if (response.status !== 200) {
    await response.body.discard();
    throw refusal(response.status, where, request.credential !== undefined);
  }
  return readToken(await response.body.bytes(MAX_SMALL_BODY), where);
}

function tokenCall(realm: URL, request: TokenRequest): Pick<HttpRequest, 'method' | 'url' | 'headers' | 'payload'> {
  const { credential, service, scopes } = request;
  if (credential?.kind === 'identity') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'ostiary',
      service: service ?? request.registry,
      scope: scopes.join(' '),
      refresh_token: credential.token,
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url: realm, headers, payload: Buffer.from(form.toString()) };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const headers = credential?.kind === 'basic' ? { authorization: basicHeader(credential) } : {};
  return { method: 'GET', url, headers };
}

/** The value of an Authorization header. */
export function basicHeader({ username, password }: Extract<Credential, { kind: 'basic' }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function refusal(status: number, where: string, hasCredential: boolean): RegistryError {
  if (status === 429) return new RegistryError('rate-limited', `${where}: too many requests`);
  if (status >= 500) return new RegistryError('unavailable', `${where}: HTTP ${status}`);
  const next = hasCredential ? 'check the credentials' : 'log in to the registry';
  return new RegistryError('unauthorized', `${where}: HTTP ${status}; ${next}`);
}

function readToken(bytes: Uint8Array, where: string): Token {
  let answer: unknown;
  try {
    answer = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw new RegistryError('protocol', `${where}: the answer is no JSON`);
  }
  const members: Readonly<Record<string, unknown>> = typeof answer === 'object' && answer !== null ? { ...answer } : {};
  const value = members['token'] || members['access_token'];
  if (typeof value !== 'string' || value.length > MAX_TOKEN || !/^[\x21-\x7e]+$/.test(value)) {
    throw new RegistryError('protocol', `${where}: the answer has no usable token`);
  }
  const told = members['expires_in'];
  const life = typeof told === 'number' && told > 0 ? Math.min(told, LONGEST_LIFE_S) : DEFAULT_LIFE_S;
  return { value, expires: Date.now() + life * 1000 - MARGIN_MS };
}
