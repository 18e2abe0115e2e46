import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createAuthority, issueCertificate, type KeyedCertificate } from './authority.ts';

const now = new Date();
const authority = createAuthority({ commonName: 'Handshake authority', validForDays: 1, now });
const stranger = createAuthority({ commonName: 'Handshake authority', validForDays: 1, now });
const server = issueCertificate(authority, {
  commonName: 'server',
  dnsNames: ['localhost'],
  ipAddresses: ['127.0.0.1'],
  usages: ['server'],
  validForDays: 1,
  now,
});
const client = (issuer: KeyedCertificate, usages: ('server' | 'client')[] = ['client']) =>
  issueCertificate(issuer, { commonName: 'jane', usages, validForDays: 1, now });

const pair = ({ certificatePem, privateKeyPem }: KeyedCertificate) => ({ cert: certificatePem, key: privateKeyPem });

/** A refused client sees an alert, a reset or a plain end, whichever arrives first, but never its name. */
const NOT_SERVED = /^(?!jane)/;

/** What the server calls its client, or the error that either side ended with. */
async function shakeHands(options: ConnectionOptions): Promise<string> {
  const listener = createServer({
    ...pair(server),
    ca: authority.certificatePem,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
  });
  listener.on('secureConnection', (socket) => socket.end(String(socket.getPeerCertificate().subject.CN)));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  try {
    return await readAll(connect({ port, host: '127.0.0.1', ...options }));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown error';
  } finally {
    listener.close();
  }
}

async function readAll(socket: TLSSocket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

suite('a handshake on loopback', () => {
  const ca = authority.certificatePem;
  test('succeeds with certificates of one authority', async () => {
    assert.equal(await shakeHands({ ca, ...pair(client(authority)) }), 'jane');
    assert.equal(await shakeHands({ ca, ...pair(client(authority)), servername: 'localhost' }), 'jane');
  });

  for (const [what, options, expected] of [
    ['the server is of another authority', { ca: stranger.certificatePem }, /SELF_SIGNED|SIGNATURE|ISSUER/],
    ['the server has another name', { ca, ...pair(client(authority)), servername: 'other' }, /ALTNAME/],
    ['the client has no certificate', { ca }, NOT_SERVED],
    ['the client is of another authority', { ca, ...pair(client(stranger)) }, NOT_SERVED],
    ['the client has a server certificate', { ca, ...pair(client(authority, ['server'])) }, NOT_SERVED],
  ] as const) {
    test(`fails if ${what}`, async () => assert.match(await shakeHands(options), expected));
  }
});
