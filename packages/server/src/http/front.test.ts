import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_BODY_BYTES } from '../limits.ts';
import { LINGER_BYTES, PIPELINE_BURST } from './bounds.ts';
import type { Decide } from './front.ts';
import { bodies, clientOf, echo, eventually, front, pending, post, statuses } from './testing/front-fixture.ts';
import { rawClient } from './testing/raw-client.ts';

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

  test('what comes while a decision is made is left to the client', async (t) => {
    const { decide, bodies: asked } = pending();
    const client = await clientOf(t, { decide });
    client.send(post('1'));
    await eventually(() => asked.length === 1);
    let taken = 0;
    for (let piece = 0; piece < 256; piece++) client.socket.write(Buffer.alloc(64 * 1024), () => taken++);
    for (let before = -1; before !== taken; await sleep(300)) before = taken;
    assert.ok(taken < 200, `${taken} of 256 pieces`);
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
