import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority, issueCertificate } from '@ostiary/pki';
import { MAX_BODY_BYTES } from '../limits.ts';
import { H2_BURST_OF_RESETS, H2_STREAMS } from './bounds.ts';
import type { PolicyEndpoint } from './front.ts';
import { eventually, front, pending, post, SHORT_LIMITS } from './testing/front-fixture.ts';
import { ask, http2Client } from './testing/h2-client.ts';
import { rawClient } from './testing/raw-client.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const policies: PolicyEndpoint = async (origin, id, body) => ({
  status: 200,
  body: Buffer.from(`${origin} ${id} ${Buffer.from(body).toString()}`),
});

/** A frame: nine bytes of head, then the payload (RFC 9113 §4.1). */
function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]);

/** A header field that is not to be indexed, its name and value short and as they are (RFC 7541 §6.2.2). */
function field(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]);
}

describe('HTTP/2', () => {
  test('is spoken on the plain port with clients that begin with it, beside HTTP/1.1', async (t) => {
    const { port } = await front(t, { policies });
    const session = http2Client(t, port);
    const answer = await ask(session, { ':path': '/authn?timeout=2s', ...JSON_TYPE }, '{"ä":1}');
    assert.equal(answer.body, 'authn:{"ä":1}');
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.ok(answer.headers['date']);
    assert.equal((await ask(session, { ':path': '/validate/a%2Fb', ...JSON_TYPE }, '{}')).body, 'validate a/b {}');
    const old = rawClient(port);
    old.send(post('{}'));
    await old.until(/authn:\{\}$/);
    old.socket.destroy();
  });

  test('is spoken over TLS with clients that offer nothing else', async (t) => {
    const authority = createAuthority({ commonName: 'test CA', validForDays: 1, now: new Date() });
    const names = { commonName: 'gate', dnsNames: ['localhost'], usages: ['server'] as const };
    const leaf = issueCertificate(authority, { ...names, validForDays: 1, now: new Date() });
    const tls = { cert: leaf.certificatePem, key: leaf.privateKeyPem };
    const { port } = await front(t, { tls });
    const session = http2Client(t, port, authority.certificatePem);
    assert.equal((await ask(session, { ':path': '/admit' }, '{}')).body, 'admit:{}');
    assert.equal(session.alpnProtocol, 'h2');
  });

  test('begins right when its first bytes come one by one', async (t) => {
    const { port } = await front(t);
    const client = rawClient(port);
    client.socket.setNoDelay(true);
    for (const byte of PREFACE) {
      client.send(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    // The server's settings, and that it has seen ours.
    await eventually(() => client.received().includes('\0\0\0\u0004\u0001\0\0\0\0'));
    client.socket.destroy();
  });

  test('answers many requests at a time, and a body of the limit', async (t) => {
    const { port } = await front(t, { decide: async (_, body) => ({ status: 200, body: String(body.length) }) });
    const session = http2Client(t, port);
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, length) => ask(session, { ':path': '/authn' }, 'x'.repeat(length))),
    );
    assert.deepEqual(
      answers.map(({ body }) => Number(body)),
      answers.map((_, length) => length),
    );
    const large = await ask(session, { ':path': '/authn' }, Buffer.alloc(MAX_BODY_BYTES));
    assert.equal(large.body, String(MAX_BODY_BYTES));
  });
});

describe('HTTP/2 and HTTP/1.1', () => {
  for (const [name, method, path, fields, body] of [
    ['a review', 'POST', '/authn', JSON_TYPE, '{}'],
    ['an undeclared body', 'POST', '/admit', {}, '{}'],
    ['a policy', 'POST', '/validate/a', JSON_TYPE, '{}'],
    ['a type with parameters', 'POST', '/audit/a', { 'content-type': 'application/json; charset=utf-8' }, '{}'],
    ['an undeclared body at a policy', 'POST', '/validate/a', {}, '{}'],
    ['another type', 'POST', '/authn', { 'content-type': 'text/plain' }, '{}'],
    ['a coding', 'POST', '/authn', { 'content-encoding': 'gzip' }, '{}'],
    ['a strange expectation', 'POST', '/authn', { expect: 'wonders' }, '{}'],
    ['another method', 'PUT', '/authn', JSON_TYPE, '{}'],
    ['no body to read', 'GET', '/validate/a', {}, ''],
    ['HEAD', 'HEAD', '/authn', {}, ''],
    ['no such path', 'POST', '/nothing', JSON_TYPE, '{}'],
    ['no id', 'POST', '/validate/', JSON_TYPE, '{}'],
    ['a bad id', 'POST', '/validate/%ff', JSON_TYPE, '{}'],
    ['a deep id', 'POST', '/validate_raw/a%2Fb%2Fc', JSON_TYPE, '{}'],
    [
      'a body that is declared too large',
      'POST',
      '/authn',
      { 'content-length': String(MAX_BODY_BYTES + 1) },
      undefined,
    ],
    [
      'the same at a policy',
      'POST',
      '/audit/a',
      { ...JSON_TYPE, 'content-length': String(MAX_BODY_BYTES + 1) },
      undefined,
    ],
  ] as const) {
    test(`answer alike to ${name}`, async (t) => {
      const seen: number[] = [];
      const { port } = await front(t, { policies, refused: (status) => void seen.push(status) });
      const lines = Object.entries(fields).map(([field, value]) => `${field}: ${value}\r\n`);
      const length = 'content-length' in fields ? '' : `Content-Length: ${body?.length}\r\n`;
      const old = rawClient(port);
      old.send(
        `${method} ${path} HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n${length}${lines.join('')}\r\n${body ?? ''}`,
      );
      await old.closed();
      const [head = '', text] = old.received().split('\r\n\r\n');
      const answer = await ask(http2Client(t, port), { ':method': method, ':path': path, ...fields }, body);
      assert.equal(answer.status, Number(head.slice(9, 12)));
      assert.equal(answer.body, Buffer.from(text ?? '', 'latin1').toString());
      for (const field of ['content-type', 'allow', 'content-length']) {
        assert.equal(answer.headers[field], new RegExp(`\r\n${field}: ([^\r]*)`).exec(head)?.[1], field);
      }
      assert.equal(seen[0], seen[1]);
    });
  }
});

describe('a client of HTTP/2', () => {
  test('that sends a body beyond the limit is told so', async (t) => {
    const { port } = await front(t);
    const answer = await ask(http2Client(t, port), { ':path': '/authn' }, Buffer.alloc(MAX_BODY_BYTES + 1));
    assert.equal(answer.status, 413);
  });

  test('that does not send its body is told so, then its idle connection ends', async (t) => {
    const { port } = await front(t, { limits: SHORT_LIMITS });
    const session = http2Client(t, port);
    const stream = session.request({ ':method': 'POST', ':path': '/authn' }, { endStream: false });
    stream.resume();
    const status = await new Promise((resolve) => stream.on('response', (head) => resolve(head[':status'])));
    assert.equal(status, 408);
    await new Promise((resolve) => session.on('close', resolve));
  });

  test('that opens more requests than allowed has to wait', async (t) => {
    const { decide, bodies, settle } = pending();
    const { port } = await front(t, { decide });
    const session = http2Client(t, port);
    await new Promise((resolve) => session.on('remoteSettings', resolve));
    const all = Array.from({ length: H2_STREAMS + 50 }, () => ask(session, { ':path': '/authn' }, '{}'));
    await eventually(() => bodies.length === H2_STREAMS);
    await sleep(100);
    assert.equal(bodies.length, H2_STREAMS);
    for (let settled = 0; settled < all.length; settled++) {
      await eventually(() => bodies.length > settled);
      settle('one');
    }
    assert.equal((await Promise.all(all)).length, all.length);
  });

  test('with large header fields is refused', async (t) => {
    const { port } = await front(t);
    assert.equal((await ask(http2Client(t, port), { ':path': '/authn', a: 'b'.repeat(40_000) }, '{}')).status, 431);
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`a-${index}`, 'b']));
    await assert.rejects(ask(http2Client(t, port), { ':path': '/authn', ...many }, '{}'));
  });

  test('that resets requests without end is disconnected', async (t) => {
    let asked = 0;
    const { port } = await front(t, { decide: () => (asked++, new Promise(() => undefined)) });
    const session = http2Client(t, port);
    let opened = 0;
    const flood = async (): Promise<void> => {
      while (!session.destroyed && !session.closed && opened < 20_000) {
        for (let burst = 0; burst < 50; burst++) {
          const stream = session.request({ ':method': 'POST', ':path': '/authn' }, { endStream: true });
          stream.on('error', () => undefined);
          opened++;
          stream.close(constants.NGHTTP2_CANCEL);
        }
        await new Promise(setImmediate);
      }
    };
    await flood().catch(() => undefined);
    assert.ok(opened < 20_000, `${opened} requests were taken`);
    // Not even the burst that the implementation allows when nothing is said, which is 1000.
    assert.ok(asked <= 2 * H2_BURST_OF_RESETS, `${asked} requests were decided`);
  });

  for (const [flood, frames] of [
    ['pings', frame(6, 0, 0, Buffer.alloc(8))],
    ['settings', frame(4, 0, 0)],
    ['priorities of streams that are not', frame(2, 0, 0x7f_ff_ff_ff, Buffer.alloc(5))],
    ['empty data', frame(0, 0, 1)],
    ['frames of an unknown type', frame(0x42, 0, 0)],
  ] as const) {
    test(`that floods with ${flood} harms nobody`, async (t) => {
      const { port } = await front(t);
      const client = rawClient(port);
      client.socket.pause();
      client.send(PREFACE);
      const many = Buffer.concat(Array.from({ length: 50_000 }, () => frames));
      client.send(many);
      await sleep(50);
      const other = rawClient(port);
      other.send(post('{}'));
      await other.until(/authn:\{\}$/);
      other.socket.destroy();
      client.socket.destroy();
    });
  }

  for (const path of ['/authn', '/nowhere']) {
    for (const expect of ['', '100-continue']) {
      for (const code of [constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL]) {
        test(`that takes a request back as it sends it harms nobody: ${path} ${expect} code ${code}`, async (t) => {
          const { port } = await front(t);
          const head = [':method', 'POST', ':scheme', 'http', ':authority', 'gate', ':path', path, 'expect', expect];
          const fields = [0, 2, 4, 6, ...(expect ? [8] : [])].map((at) => field(head[at]!, head[at + 1]!));
          const reset = Buffer.of(0, 0, 0, code);
          const client = rawClient(port);
          // Within one packet, so that the request is gone before it is looked at.
          client.send(Buffer.concat([PREFACE, frame(1, 4, 1, Buffer.concat(fields)), frame(3, 0, 1, reset)]));
          await sleep(20);
          const other = rawClient(port);
          other.send(post('{}'));
          await other.until(/authn:\{\}$/);
          other.socket.destroy();
          client.socket.destroy();
        });
      }
    }
  }

  test('that continues its header fields without end is disconnected', async (t) => {
    const { port } = await front(t);
    const client = rawClient(port);
    client.send(PREFACE);
    client.send(frame(1, 0, 1, Buffer.from([0x83])));
    for (let count = 0; count < 1000 && client.socket.writable; count++) {
      client.send(frame(9, 0, 1, Buffer.concat([Buffer.of(0, 1, 0x61, 0x7f, 0x81, 0x07), Buffer.alloc(256, 0x62)])));
    }
    await client.closed();
  });

  test('is told to end when the front drains; what is in flight is answered', async (t) => {
    const { decide, bodies, settle } = pending();
    const started = await front(t, { decide });
    const session = http2Client(t, started.port);
    const answer = ask(session, { ':path': '/authn' }, '{}');
    await eventually(() => bodies.length === 1);
    const drained = started.drain(5000);
    await sleep(50);
    settle('one');
    assert.equal((await answer).body, 'one');
    await drained;
  });
});
