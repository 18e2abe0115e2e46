import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HANDSHAKE_MS, LINGER_MS, MAX_BUFFERED_BYTES, MAX_CONNECTIONS, TICK_MS } from './bounds.ts';
import { Connection, type Shared } from './connection.ts';
import { Outbox } from './outbox.ts';

const LIMITS = {
  arrivalMs: 10_000,
  handshakeMs: HANDSHAKE_MS,
  keepAliveMs: 10_000,
  lingerMs: LINGER_MS,
  tickMs: TICK_MS,
  connections: MAX_CONNECTIONS,
  bufferedBytes: MAX_BUFFERED_BYTES,
};

/** A connection whose client hands over its bytes piece by piece in one turn, as TLS does with several records. */
async function conversation(pieces: readonly string[], { ends = false } = {}): Promise<readonly string[]> {
  let written = '';
  const socket = new Duplex({
    allowHalfOpen: true,
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  const shared: Shared = {
    decide: (endpoint, body) => Promise.resolve({ status: 200, body: `${endpoint} ${Buffer.from(body).toString()}` }),
    policies: (_origin, id, body) => ({ status: 200, body: `${id} ${Buffer.from(body).toString()}` }),
    limits: LIMITS,
    budget: { left: MAX_BUFFERED_BYTES },
    outbox: new Outbox(),
    refused: () => undefined,
    connections: new Set(),
    takeHttp2: () => undefined,
    tick: 0,
    date: 'now',
    draining: false,
  };
  void new Connection(socket as Socket, shared);
  for (const piece of pieces) socket.push(piece);
  if (ends) socket.push(null);
  await sleep(50);
  socket.destroy();
  return written
    .split('HTTP/1.1 ')
    .slice(1)
    .map((answer) => `${answer.slice(0, 3)} ${answer.slice(answer.indexOf('\r\n\r\n') + 4)}`);
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: gate\r\n\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test('requests that come in one turn are answered each by its own answer, in order', async () => {
  const policies = [post('/validate/a', '1'), post('/validate/b', '2'), post('/validate/c', '3')];
  assert.deepEqual(await conversation(policies), ['200 a 1', '200 b 2', '200 c 3']);
  const gates = [post('/authn', '1'), post('/validate/b', '2'), post('/authz', '3')];
  assert.deepEqual(await conversation(gates), ['200 authn 1', '200 b 2', '200 authz 3']);
});

test('a refusal between them takes the turn of none', async () => {
  const answers = await conversation([
    get('/admit'),
    post('/authn', '1'),
    post('/validate/b', '2'),
    post('/authn', '3'),
  ]);
  assert.equal(answers[0]?.slice(0, 3), '405');
  assert.deepEqual(answers.slice(1), ['200 authn 1', '200 b 2', '200 authn 3']);
});

test('a client that ends behind its request gets the answer', async () => {
  for (const request of [get('/nothing'), post('/validate/a', '1'), post('/authn', '1')]) {
    const answers = await conversation([request], { ends: true });
    assert.equal(answers.length, 1, request);
  }
});
