import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import { createAuthority } from '@ostiary/pki';

/** A token server as the distribution specification describes it. */
export interface TokenServer {
  readonly host: string;
  /** What its tokens are signed by. */
  readonly certificatePem: string;
  readonly stop: () => Promise<void>;
}

/** Gives everybody with the login a JWT for the scopes that they ask for, for five minutes. */
export async function startTokenServer(login: {
  readonly username: string;
  readonly password: string;
}): Promise<TokenServer> {
  const signer = createAuthority({ commonName: 'tokens', validForDays: 1, now: new Date() });
  const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    if (request.headers.authorization !== basic) {
      response.writeHead(401).end();
      return;
    }
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const token = signToken(signer, searchParams.get('service') ?? '', searchParams.getAll('scope'));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const stop = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { host, certificatePem: signer.certificatePem, stop };
}

interface Signer {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

function signToken(signer: Signer, audience: string, scopes: readonly string[]): string {
  const x5c = [new X509Certificate(signer.certificatePem).raw.toString('base64')];
  const access = scopes.map((scope) => {
    const [type, name, actions] = scope.split(':');
    return { type, name, actions: actions?.split(',') };
  });
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now, nbf: now - 5, exp: now + 300 };
  const claims = { iss: 'test', sub: 'robot', aud: audience, ...times, jti: String(now), access };
  const head = `${encode({ typ: 'JWT', alg: 'ES256', x5c })}.${encode(claims)}`;
  const key = { key: createPrivateKey(signer.privateKeyPem), dsaEncoding: 'ieee-p1363' } as const;
  return `${head}.${sign('sha256', Buffer.from(head), key).toString('base64url')}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
