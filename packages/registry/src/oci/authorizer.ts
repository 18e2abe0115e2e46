import type { Credential, Credentials } from '../credentials/credential.ts';
import { RegistryError } from '../errors.ts';
import type { Exchange, HttpResponse } from '../http/exchange.ts';
import type { Ladder } from '../http/ladder.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import { basicHeader, requestToken, type Token } from './token.ts';

/** For what a request needs authorization. */
export interface Grant {
  readonly registry: string;
  readonly repository: string;
  /** Token scopes, as in `repository:org/name:pull`. */
  readonly scopes: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** Knows the Authorization headers of registries. */
export interface Authorizer {
  /** The header that worked last, so that not every request is answered 401 first. */
  remembered(grant: Grant): string | undefined;
  /** The header that a 401 asks for, asked anew. Throws `unauthorized` if there is none. */
  answer(grant: Grant, response: HttpResponse): Promise<string>;
}

/** Scopes × repositories that are remembered; a server's policies come from a few dozen. */
const MAX_REMEMBERED = 512;

export function createAuthorizer(exchange: Exchange, ladder: Ladder, credentials: Credentials): Authorizer {
  const headers = new Map<string, Token>();

  const remember = (grant: Grant, token: Token): string => {
    const [oldest] = headers.keys();
    if (headers.size >= MAX_REMEMBERED && oldest !== undefined) headers.delete(oldest);
    headers.set(keyOf(grant), token);
    return token.value;
  };

  return {
    remembered(grant) {
      const token = headers.get(keyOf(grant));
      if (token !== undefined && token.expires > Date.now()) return token.value;
      headers.delete(keyOf(grant));
      return undefined;
    },
    async answer(grant, response) {
      headers.delete(keyOf(grant));
      const challenges = parseChallenges(response.headerValues('www-authenticate'));
      const credential = await credentials.find(grant.registry, grant.repository, grant.signal);
      if (credential?.kind === 'bearer') {
        return remember(grant, { value: `Bearer ${credential.token}`, expires: Date.now() + BASIC_LIFE_MS });
      }
      const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'));
      if (bearer !== undefined) {
        const token = await requestToken(exchange, ladder, tokenRequest(grant, bearer, credential));
        return remember(grant, { ...token, value: `Bearer ${token.value}` });
      }
      return remember(grant, basicAnswer(grant, challenges, credential));
    },
  };
}

/** Basic headers don't end by themselves; asking anew now and then follows a helper's short-lived passwords. */
const BASIC_LIFE_MS = 5 * 60_000;

function basicAnswer(grant: Grant, challenges: readonly Challenge[], credential: Credential | undefined): Token {
  const { registry } = grant;
  if (challenges.length > 0 && !challenges.some(({ scheme }) => scheme === 'basic')) {
    throw new RegistryError('unauthorized', `${registry} asks for an authentication that is neither Bearer nor Basic`);
  }
  if (credential?.kind !== 'basic') {
    const next = credential === undefined ? 'log in to the registry' : 'it takes no identity token';
    throw new RegistryError('unauthorized', `${registry} asks for a user name and password; ${next}`);
  }
  return { value: basicHeader(credential), expires: Date.now() + BASIC_LIFE_MS };
}

function tokenRequest(grant: Grant, { parameters }: Challenge, credential: Credential | undefined) {
  return {
    realm: parameters.get('realm') ?? '',
    service: parameters.get('service'),
    scopes: joinScopes(grant.scopes, parameters.get('scope')),
    credential,
    registry: grant.registry,
    signal: grant.signal,
  };
}

/**
 * Our scopes, and the challenge's where they ask for no more than ours: some registries name the repository differently
 * in scopes, but a registry must not be able to widen what its token may do.
 */
function joinScopes(own: readonly string[], challenge: string | undefined): readonly string[] {
  const wanted = new Set(own.flatMap((scope) => actionsOf(scope)));
  const fitting = (challenge ?? '').split(' ').filter((scope) => {
    return scope.startsWith('repository:') && actionsOf(scope).every((action) => wanted.has(action));
  });
  return [...new Set([...own, ...fitting])];
}

function actionsOf(scope: string): readonly string[] {
  return scope.slice(scope.lastIndexOf(':') + 1).split(',');
}

function keyOf({ registry, scopes }: Grant): string {
  return JSON.stringify([registry, scopes]);
}
