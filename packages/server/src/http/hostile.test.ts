import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { MAX_HEADER_BYTES } from '../limits.ts';
import type { Decide } from './front.ts';
import { bodies, clientOf, eventually, front, pending, post, SHORT_LIMITS, statuses } from './testing/front-fixture.ts';
import { rawClient, type RawClient } from './testing/raw-client.ts';

describe('time', () => {
  test('slow heads and bodies get 408, idle connections an end', async (t) => {
    const { port } = await front(t, { limits: SHORT_LIMITS });
    const dripping = async (text: string): Promise<readonly number[]> => {
      const client = rawClient(port);
      const drip = setInterval(() => client.send(text), 20);
      client.send('POST /authn HTTP/1.1\r\nHost: gate\r\nA: ');
      if (text === ' ') client.send('\r\nContent-Length: 10000\r\n\r\n');
      await client.until(/^HTTP/, 1500);
      clearInterval(drip);
      await client.closed();
      return statuses(client.received());
    };
    const idle = rawClient(port);
    const used = rawClient(port);
    used.send(post('{}'));
    assert.deepEqual(await Promise.all([dripping('a'), dripping(' ')]), [[408], [408]]);
    assert.equal(await idle.closed(1500), undefined);
    assert.equal(idle.received(), '');
    assert.equal(await used.closed(1500), undefined);
    assert.deepEqual(statuses(used.received()), [200]);
  });

  test('a decision may take longer than a request to arrive', async (t) => {
    const { decide, bodies: asked, settle } = pending();
    const client = await clientOf(t, { decide, limits: SHORT_LIMITS });
    client.send(post('{}'));
    await eventually(() => asked.length === 1);
    await sleep(600);
    settle('late');
    await client.until(/late$/);
  });

  test('a client that does not read is not written to without end, and cut', async (t) => {
    let calls = 0;
    const decide: Decide = async () => (calls++, { status: 200, body: 'x'.repeat(1024 * 1024) });
    const { port } = await front(t, { decide, limits: SHORT_LIMITS });
    const client = rawClient(port);
    client.socket.pause();
    client.send(post('').repeat(1000));
    await sleep(100);
    const written = calls;
    assert.ok(written < 50, `${written} answers`);
    await sleep(600);
    assert.equal(calls, written);
    client.socket.resume();
    await client.closed();
  });

  test('a client that keeps the connection after the last answer is cut', async (t) => {
    const client = await clientOf(t, { limits: SHORT_LIMITS });
    client.socket.allowHalfOpen = true;
    client.send(post('{}', { fields: 'Connection: close\r\n' }));
    await client.until(/authn:\{\}$/);
    const drip = setInterval(() => client.send('x'), 20);
    t.after(() => clearInterval(drip));
    await client.closed(1500);
  });
});

describe('ends', () => {
  test('a client that has sent its end gets its answer', async (t) => {
    const { decide, bodies: asked, settle } = pending();
    const client = await clientOf(t, { decide });
    client.socket.allowHalfOpen = true;
    client.socket.end(`${post('1')}${post('2')}POST`);
    await eventually(() => asked.length === 1);
    settle('one');
    await eventually(() => asked.length === 2);
    settle('two');
    assert.equal(await client.closed(), undefined);
    assert.deepEqual(bodies(client.received()), ['one', 'two']);
  });

  test('a request cut short is dropped', async (t) => {
    const asked: Uint8Array[] = [];
    const { port } = await front(t, {
      decide: async (_endpoint, body) => (asked.push(body), { status: 200, body: '' }),
    });
    for (const length of [10, 50, post('{}').length - 1]) {
      const client = rawClient(port);
      client.socket.end(post('{}').slice(0, length));
      await client.closed();
      assert.equal(client.received(), '');
    }
    assert.equal(asked.length, 0);
  });

  test('an answer to a client that is gone is dropped', async (t) => {
    const { decide, bodies: asked, settle } = pending();
    const { port } = await front(t, { decide });
    for (const leave of [
      (client: RawClient) => client.socket.destroy(),
      (client: RawClient) => client.socket.resetAndDestroy(),
    ]) {
      const client = rawClient(port);
      client.send(post('{}') + post('{}'));
      await eventually(() => asked.length === 1);
      leave(client);
      await sleep(30);
      settle('late');
      await sleep(30);
      asked.length = 0;
    }
    const client = rawClient(port);
    client.send(post('still there'));
    await eventually(() => asked.includes('still there'));
    client.socket.destroy();
  });

  test('draining ends idle connections, answers what is in flight, and accepts nothing', async (t) => {
    const { decide, bodies: asked, settle } = pending();
    const started = await front(t, { decide });
    const idle = rawClient(started.port);
    const busy = rawClient(started.port);
    const arriving = rawClient(started.port);
    idle.send(post('0'));
    await eventually(() => asked.length === 1);
    settle('zero');
    await idle.until(/zero$/);
    arriving.send(post('12').slice(0, -1));
    busy.send(post('1'));
    await eventually(() => asked.length === 2);
    const drained = started.drain(5000);
    assert.equal(await idle.closed(), undefined);
    assert.equal(await rawClient(started.port).closed(), 'ECONNREFUSED');
    settle('one');
    arriving.send('2');
    await eventually(() => asked.length === 3);
    settle('two');
    await drained;
    await Promise.all([busy.closed(), arriving.closed()]);
    assert.match(busy.received(), /connection: close\r\n[^]*one$/);
    assert.match(arriving.received(), /connection: close\r\n[^]*two$/);
  });

  test('draining cuts what takes too long', async (t) => {
    const { decide, bodies: asked } = pending();
    const started = await front(t, { decide });
    const client = rawClient(started.port);
    client.send(post('1'));
    await eventually(() => asked.length === 1);
    const before = performance.now();
    await started.drain(100);
    assert.ok(performance.now() - before < 1000);
    await client.closed();
  });

  test('connections beyond the limit take the place of the one that is idle longest', async (t) => {
    const { port } = await front(t, { limits: { connections: 2, tickMs: 20 } });
    const clients = [rawClient(port), rawClient(port)] as const;
    for (const client of clients) {
      client.send(post('{}'));
      await client.until(/authn/);
      await sleep(100);
    }
    clients[0].send(post('{}'));
    await clients[0].until(/authn[^]*authn/);
    const third = rawClient(port);
    third.send(post('{}'));
    await third.until(/authn/);
    await clients[1].closed();
    clients[0].send(post('{}'));
    await clients[0].until(/authn[^]*authn[^]*authn/);
    for (const client of [clients[0], third]) client.socket.destroy();
  });

  test('connections beyond the limit are closed when all are in use, and room comes back', async (t) => {
    const { decide, bodies: asked, settle } = pending();
    const { port } = await front(t, { decide, limits: { connections: 2 } });
    const clients = [rawClient(port), rawClient(port)] as const;
    for (const client of clients) client.send(post('{}'));
    await eventually(() => asked.length === 2);
    const third = rawClient(port);
    await third.closed();
    assert.equal(third.received(), '');
    settle('one');
    await clients[0].until(/one/);
    const fourth = rawClient(port);
    fourth.send(post('{}'));
    await eventually(() => asked.length === 3);
    for (const client of [...clients, fourth]) client.socket.destroy();
  });

  test('large bodies that arrive at the same time share a limit', async (t) => {
    const { port } = await front(t, { limits: { bufferedBytes: 1024 * 1024 } });
    const half = (length: number): string => post(' '.repeat(length)).slice(0, -length / 2);
    const large = rawClient(port);
    large.send(half(900_000));
    await sleep(50);
    const larger = rawClient(port);
    larger.send(half(900_000));
    await larger.closed();
    assert.deepEqual(statuses(larger.received()), [503]);
    large.send(' '.repeat(450_000));
    await large.until(/authn: +$/);
    const later = rawClient(port);
    later.send(post(' '.repeat(900_000)));
    await later.until(/authn: +$/);
    for (const client of [large, later]) client.socket.destroy();
  });
});

describe('hostile streams', () => {
  const endless: Readonly<Record<string, readonly [start: string, more: string, status: number]>> = {
    'request line': ['POST /', 'a'.repeat(1000), 414],
    'header field': ['POST /authn HTTP/1.1\r\nA: ', 'a'.repeat(1000), 431],
    'header fields': ['POST /authn HTTP/1.1\r\n', 'A: b\r\n', 431],
    'empty lines': ['', '\r\n', 400],
    'chunk extension': [
      'POST /authn HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n1;',
      'a'.repeat(1000),
      400,
    ],
    trailers: ['POST /authn HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n', 'A: b\r\n', 400],
    'chunk size': ['POST /authn HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n', '0', 400],
  };
  test('without an end are refused', async (t) => {
    const { port } = await front(t);
    for (const [name, [start, more, status]] of Object.entries(endless)) {
      const client = rawClient(port);
      client.send(start);
      const pouring = setInterval(() => client.send(more.repeat(100)), 1);
      await client.until(/^HTTP\/1\.1 \d{3} /);
      clearInterval(pouring);
      assert.deepEqual(statuses(client.received()), [status], name);
      client.socket.destroy();
    }
  });

  test('of TLS, of almost HTTP/2, and of a head that comes byte by byte', async (t) => {
    const { port } = await front(t);
    const expectStatus = async (text: string, status: number): Promise<void> => {
      const client = rawClient(port);
      client.send(Buffer.from(text, 'latin1'));
      assert.equal(await client.closed(), undefined);
      assert.deepEqual(statuses(client.received()), [status]);
    };
    await expectStatus('PRI * HTTP/2.0\r\n\r\nSM\r\n\rX', 505);
    await expectStatus('PUT * HTTP/1.1\r\nHost: g\r\n\r\n', 400);
    await expectStatus('\x16\x03\x01\x02\x00\x01', 400);
    await expectStatus(
      'POST /authn HTTP/1.1\r\nHost: g\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST',
      400,
    );
    const client = rawClient(port);
    client.socket.setNoDelay(true);
    for (const byte of post('{}', { fields: `A: ${'b'.repeat(500)}\r\n` })) {
      client.send(byte);
      await new Promise(setImmediate);
    }
    await client.until(/authn:\{\}$/);
    client.socket.destroy();
  });

  test('of random bytes harm nobody', async (t) => {
    const { port } = await front(t);
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(post('{}'), post('{}').slice(0, 40), '\r\n', 'POST ', `A: ${'b'.repeat(MAX_HEADER_BYTES)}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), async (pieces) => {
        const client = rawClient(port);
        for (const bytes of pieces) if (bytes.length > 0) client.send(bytes);
        client.socket.end();
        await client.closed();
      }),
      { numRuns: 300 },
    );
    const client = rawClient(port);
    client.send(post('{}'));
    await client.until(/authn:\{\}$/);
    client.socket.destroy();
  });
});
