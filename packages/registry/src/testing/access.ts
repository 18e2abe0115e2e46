import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer, fail } from './answer.ts';

/** Who may use a test registry. */
export interface Access {
  /** `token` sends the client to `/token` of the registry itself for a Bearer token. */
  readonly kind: 'basic' | 'token';
  readonly username: string;
  readonly password: string;
  /** An identity token that `/token` takes by OAuth2. */
  readonly identityToken?: string;
  /** Seconds that a token is said to live. Default: 300. */
  readonly tokenLife?: number;
}

interface Guarded {
  readonly access?: Access;
  readonly tls?: unknown;
}

/** True if the request may go on; or else it has been answered. */
export function checkAccess(
  { access, tls }: Guarded,
  host: string,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): boolean {
  if (access === undefined) return true;
  if (url.pathname === '/token') {
    giveToken(access, request, response, url).catch(() => response.destroy());
    return false;
  }
  const { authorization } = request.headers;
  if (access.kind === 'basic' && authorization === basic(access)) return true;
  if (access.kind === 'token' && authorization?.startsWith('Bearer t.') === true && reaches(authorization, request)) {
    return true;
  }
  const realm = `${tls === undefined ? 'http' : 'https'}://${host}/token`;
  const challenge =
    access.kind === 'basic' ? 'Basic realm="test"' : `Bearer realm="${realm}",service="test",scope="repository:x:pull"`;
  response.setHeader('www-authenticate', challenge);
  fail(response, 401, 'UNAUTHORIZED');
  return false;
}

function basic({ username, password }: Access): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The token is its own scopes, in base64url: a test registry need not keep secrets. */
async function giveToken(access: Access, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const form = new URLSearchParams(Buffer.concat(parts).toString('utf8'));
  const isIdentity = access.identityToken !== undefined && form.get('refresh_token') === access.identityToken;
  if (!isIdentity && request.headers.authorization !== basic(access)) return fail(response, 401, 'UNAUTHORIZED');
  const scopes = isIdentity ? (form.get('scope') ?? '').split(' ') : url.searchParams.getAll('scope');
  const token = `t.${Buffer.from(scopes.join(' ')).toString('base64url')}`;
  const body = JSON.stringify({ token, expires_in: access.tokenLife ?? 300 });
  answer(response, 200, { 'content-type': 'application/json' }, body);
}

function reaches(authorization: string, request: IncomingMessage): boolean {
  const scopes = Buffer.from(authorization.slice('Bearer t.'.length), 'base64url').toString('utf8').split(' ');
  const repository = /^\/v2\/(.+?)\/(?:blobs|manifests|referrers|tags)\//.exec(request.url ?? '')?.[1] ?? '';
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  return scopes.some((scope) => {
    const actions = scope.startsWith(`repository:${repository}:`) ? scope.split(':').at(-1)?.split(',') : [];
    return actions?.includes(isRead ? 'pull' : 'push');
  });
}
