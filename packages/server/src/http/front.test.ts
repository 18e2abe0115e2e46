import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { MAX_BODY_BYTES, MAX_HEADER_BYTES } from '../limits.ts';
import { LINGER_BYTES, PIPELINE_BURST } from './bounds.ts';
import { startFront, type Decide, type Front, type FrontOptions } from './front.ts';
import { rawClient, type RawClient } from './testing/raw-client.ts';

/** Short enough to wait for, long enough for a busy machine. */
const LIMITS = { arrivalMs: 200, keepAliveMs: 400, lingerMs: 200, tickMs: 50 };

const echo: Decide = async (endpoint, body) => ({
  status: 200,
  body: `${endpoint}:${Buffer.from(body).toString()}`,
});

async function front(t: TestContext, options: Partial<FrontOptions> = {}): Promise<Front> {
  const started = await startFront({
    host: '127.0.0.1',
    port: 0,
    shared: false,
    tls: undefined,
    decide: echo,
    ...options,
  });
  t.after(() => started.drain(0));
  return started;
}

async function clientOf(t: TestContext, options: Partial<FrontOptions> = {}): Promise<RawClient> {
  const { port } = await front(t, options);
  const client = rawClient(port);
  t.after(() => client.socket.destroy());
  return client;
}

/** A decision that waits to be made by the test. */
function pending(): { readonly decide: Decide; readonly bodies: string[]; readonly settle: (body: string) => void } {
  const bodies: string[] = [];
  const waiting: ((reply: { status: number; body: string }) => void)[] = [];
  return {
    decide: (_endpoint, body) => {
      bodies.push(Buffer.from(body).toString());
      return new Promise((resolve) => void waiting.push(resolve));
    },
    bodies,
    settle: (body) => waiting.shift()?.({ status: 200, body }),
  };
}

function post(body: string, { path = '/authn', fields = '' }: { path?: string; fields?: string } = {}): string {
  return `POST ${path} HTTP/1.1\r\nHost: gate\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function statuses(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

function bodies(text: string): readonly string[] {
  return [...text.matchAll(/\r\n\r\n([^\r]*?)(?=HTTP\/1\.1|$)/g)].map(([, body]) => body!);
}

async function eventually(holds: () => boolean, limitMs = 3000): Promise<void> {
  for (const end = performance.now() + limitMs; !holds(); await sleep(5))
    assert.ok(performance.now() < end, 'not in time');
}

describe('answers', () => {
  test('are one after the other on a connection that stays', async (t) => {
    const client = await clientOf(t);
    for (const body of ['{}', '{"ä":1}', '']) {
      client.send(post(body, { path: '/admit?timeout=10s' }));
      await client.until(new RegExp(`admit:${Buffer.from(body).toString('latin1')}$`));
    }
    const [first] = client.received().split('\r\n\r\n');
    const date = /date: (\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT)/.exec(first!)?.[1];
    assert.ok(Math.abs(Date.parse(date!) - Date.now()) < 3000);
    assert.equal(
      first?.replace(/date: [^\r]*/, 'date: now'),
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: now\r\ncontent-length: 8',
    );
  });

  test('have the length of their bytes', async (t) => {
    const client = await clientOf(t, { decide: async () => ({ status: 200, body: '"ä€😀"' }) });
    client.send(post('{}'));
    await client.until(/content-length: 11\r\n\r\n"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"$/);
  });

  test('to pipelined requests keep their order, and wait for each other', async (t) => {
    const { decide, bodies: asked, settle } = pending();
    const client = await clientOf(t, { decide });
    client.send(post('1') + post('2', { path: '/nothing' }) + post('3'));
    await eventually(() => asked.length === 1);
    await sleep(20);
    assert.deepEqual(asked, ['1']);
    settle('one');
    await client.until(/404/);
    assert.deepEqual(statuses(client.received()), [200, 404]);
  });

  test('to pipelined requests go on after refusals that have no body', async (t) => {
    const client = await clientOf(t);
    const get = 'GET /authn HTTP/1.1\r\nHost: gate\r\n\r\n';
    client.send(
      get.repeat(3) +
        post('1') +
        post('', { path: '/nothing' }) +
        post('2', { fields: 'Connection: close\r\n' }) +
        post('3'),
    );
    assert.equal(await client.closed(), undefined);
    assert.deepEqual(statuses(client.received()), [405, 405, 405, 200, 404, 200]);
    assert.deepEqual(bodies(client.received()).slice(-3), [
      'authn:1',
      '{"message":"there is no such endpoint"}',
      'authn:2',
    ]);
    assert.match(client.received(), /connection: close\r\ncontent-length: 7\r\n\r\nauthn:2$/);
  });

  test('100 000 pipelined requests are answered, and others in between', async (t) => {
    const { port } = await front(t);
    const client = rawClient(port);
    t.after(() => client.socket.destroy());
    const each = post('{}');
    client.send(each.repeat(100_000));
    const other = rawClient(port);
    t.after(() => other.socket.destroy());
    other.send(each);
    await other.until(/authn:\{\}$/);
    const answerLength = other.received().length;
    assert.ok(client.received().length < 100_000 * answerLength);
    await eventually(() => client.received().length === 100_000 * answerLength, 30_000);
    assert.equal(statuses(client.received()).length, 100_000);
  });

  test('a burst of pipelined requests lets timers and other connections have their turn', async (t) => {
    let turn = 0;
    const turns: number[] = [];
    const client = await clientOf(t, { decide: async () => (turns.push(turn), { status: 200, body: '' }) });
    const count = (): void => void (turn++, turns.length < 100 && setImmediate(count));
    client.send(post('').repeat(100));
    count();
    await eventually(() => turns.length === 100);
    const most = Math.max(...turns.map((at) => turns.filter((other) => other === at).length));
    assert.ok(most <= PIPELINE_BURST + 1, `${most} in one turn`);
  });

  test('with other methods than POST say what is allowed; HEAD gets no body', async (t) => {
    const client = await clientOf(t);
    client.send('HEAD /authn HTTP/1.1\r\nHost: gate\r\n\r\n');
    await client.until(/HTTP\/1\.1 405 [^]*allow: POST\r\n[^]*content-length: 43\r\n\r\n$/);
    client.send('DELETE /authn HTTP/1.1\r\nHost: gate\r\n\r\n');
    await client.until(/allow: POST\r\ncontent-length: 43\r\n\r\n\{"message":"this endpoint takes POST only"\}$/);
  });

  test('a failing decision is 500, and the connection goes on', async (t) => {
    let calls = 0;
    const decide: Decide = async (...request) => {
      if (calls++ === 0) throw new Error('defect');
      return echo(...request);
    };
    const client = await clientOf(t, { decide });
    client.send(post('1') + post('2'));
    await client.until(/authn:2$/);
    assert.deepEqual(statuses(client.received()), [500, 200]);
  });
});

describe('bodies', () => {
  test('are asked for when the client waits, and only then', async (t) => {
    const client = await clientOf(t);
    const head = 'POST /authn HTTP/1.1\r\nHost: gate\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n';
    client.send(head);
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    client.send('{}');
    await client.until(/authn:\{\}$/);
    client.send(`${head}[]`);
    await client.until(/authn:\[\]$/);
    assert.deepEqual(statuses(client.received()), [100, 200, 200]);
    client.send(post('{}', { path: '/nothing', fields: 'Expect: 100-continue\r\n' }).slice(0, -2));
    await client.closed();
    assert.deepEqual(statuses(client.received()), [100, 200, 200, 404]);
  });

  test('whose form is not understood are refused before they arrive', async (t) => {
    const { port } = await front(t);
    const cases: readonly (readonly [fields: string, status: number])[] = [
      ['Content-Type: text/plain', 415],
      ['Content-Type: application/json\r\nContent-Type: text/plain', 415],
      ['Content-Type: text/plain\r\nContent-Type: application/json; charset=utf-8', 415],
      ['Content-Encoding: gzip', 415],
      ['Content-Encoding:', 415],
      ['Expect: a miracle', 417],
      [`Content-Length: ${MAX_BODY_BYTES + 1}`, 413],
      ['Content-Length: 99999999999999999999999999', 413],
    ];
    for (const [fields, status] of cases) {
      const client = rawClient(port);
      const length = fields.startsWith('Content-Length') ? '' : 'Content-Length: 5\r\n';
      client.send(`POST /authn HTTP/1.1\r\nHost: gate\r\n${fields}\r\n${length}\r\n`);
      assert.equal(await client.closed(), undefined);
      assert.deepEqual(statuses(client.received()), [status], fields);
      assert.match(client.received(), /connection: close/);
    }
    for (const type of ['application/json', 'Application/JSON; charset=utf-8', 'application/apply-patch+json']) {
      const client = rawClient(port);
      client.send(post('{}', { fields: `Content-Type: ${type}\r\nContent-Encoding: Identity\r\n` }));
      await client.until(/authn:\{\}$/);
      client.socket.destroy();
    }
  });

  test('that are too large are taken for a while, so that their sender can read why they are refused', async (t) => {
    const { port } = await front(t);
    for (const framing of [
      `Content-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`,
      'Transfer-Encoding: chunked\r\n\r\n700001\r\n',
    ]) {
      const client = rawClient(port);
      client.send(`POST /authn HTTP/1.1\r\nHost: gate\r\n${framing}`);
      client.send(Buffer.alloc(MAX_BODY_BYTES + 1));
      assert.equal(await client.closed(), undefined);
      assert.deepEqual(statuses(client.received()), [413]);
    }
  });

  test('that never end are cut', async (t) => {
    const client = await clientOf(t);
    client.socket.allowHalfOpen = true;
    const pour = (): void => {
      if (client.socket.writable) client.socket.write(Buffer.alloc(1024 * 1024), () => setImmediate(pour));
    };
    client.send('POST /authn HTTP/1.1\r\nHost: gate\r\nContent-Length: 99999999999\r\n\r\n');
    pour();
    assert.match(String(await client.closed()), /EPIPE|ECONNRESET/);
    assert.ok(client.socket.bytesWritten > LINGER_BYTES);
    assert.ok(client.socket.bytesWritten < 4 * LINGER_BYTES);
  });
});

describe('time', () => {
  test('slow heads and bodies get 408, idle connections an end', async (t) => {
    const { port } = await front(t, { limits: LIMITS });
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
    const client = await clientOf(t, { decide, limits: LIMITS });
    client.send(post('{}'));
    await eventually(() => asked.length === 1);
    await sleep(600);
    settle('late');
    await client.until(/late$/);
  });

  test('a client that does not read is not written to without end, and cut', async (t) => {
    let calls = 0;
    const decide: Decide = async () => (calls++, { status: 200, body: 'x'.repeat(1024 * 1024) });
    const { port } = await front(t, { decide, limits: LIMITS });
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
    const client = await clientOf(t, { limits: LIMITS });
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

  test('connections beyond the limit are closed, and room comes back', async (t) => {
    const { port } = await front(t, { limits: { connections: 2 } });
    const [first, second] = [rawClient(port), rawClient(port)];
    for (const client of [first, second]) {
      client.send(post('{}'));
      await client.until(/authn/);
    }
    const third = rawClient(port);
    await third.closed();
    assert.equal(third.received(), '');
    first.socket.destroy();
    await sleep(50);
    const fourth = rawClient(port);
    fourth.send(post('{}'));
    await fourth.until(/authn/);
    for (const client of [second, fourth]) client.socket.destroy();
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

  test('of HTTP/2, of TLS, and of a head that comes byte by byte', async (t) => {
    const { port } = await front(t);
    const expectStatus = async (text: string, status: number): Promise<void> => {
      const client = rawClient(port);
      client.send(Buffer.from(text, 'latin1'));
      assert.equal(await client.closed(), undefined);
      assert.deepEqual(statuses(client.received()), [status]);
    };
    await expectStatus('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505);
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
