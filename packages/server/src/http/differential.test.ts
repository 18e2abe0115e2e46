import assert from 'node:assert/strict';
import { createServer, METHODS, type IncomingMessage, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { parseAll } from './testing/parse-all.ts';

interface Seen {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

const seenBy = new WeakMap<Duplex, Seen[]>();
const reference = createServer(take).on('checkExpectation', take);

function take(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method = '', url = '', socket } = request;
    seenBy.get(socket)?.push({ method, target: pathOf(url), body: Buffer.concat(chunks).toString('latin1') });
    response.end();
  });
}

/** Turns of the event loop within which node:http has read what it is given; it takes about three. */
const PATIENCE = 20;

/** The requests that node:http, whose parser is strict unless told otherwise, reads from pieces given one by one. */
async function readByNode(pieces: readonly Buffer[]): Promise<readonly Seen[]> {
  const connection = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const seen: Seen[] = [];
  seenBy.set(connection, seen);
  connection.on('error', () => undefined);
  reference.emit('connection', connection);
  for (const [index, piece] of pieces.entries()) {
    connection.push(piece);
    for (let turn = 0; turn < PATIENCE && seen.length <= index && !connection.destroyed; turn++) await nextTurn();
  }
  connection.destroy();
  return seen;
}

/** Node leaves URLs as they are. */
function pathOf(url: string): string {
  const parts = /^https?:\/\/[^/?]+(\/[^?]*)?(\?.*)?$/i.exec(url);
  return parts ? `${parts[1] ?? '/'}${parts[2] ?? ''}` : url;
}

/** Requests of methods that node does not know end the comparison: we refuse them one by one, node the whole stream. */
function isComparable({ method }: Seen): boolean {
  return METHODS.includes(method) && method !== 'CONNECT';
}

/** Whatever we read as requests, node must read as the same requests, each from the very same bytes. */
async function assertNotLaxer(text: string): Promise<number> {
  const bytes = Buffer.from(text, 'latin1');
  const { requests } = parseAll([bytes]);
  const incomparable = requests.findIndex((request) => !isComparable(request));
  const ours = incomparable < 0 ? requests : requests.slice(0, incomparable);
  const pieces = ours.map(({ endsAt }, index) => bytes.subarray(ours[index - 1]?.endsAt ?? 0, endsAt));
  const theirs = await readByNode(pieces);
  const expected = ours.map(({ method, target, body }) => ({ method, target, body }));
  assert.deepEqual(theirs, expected, JSON.stringify(text));
  return ours.length;
}

const HEAD = 'POST /authn?timeout=10s HTTP/1.1\r\nHost: gate\r\n';
const REQUESTS: readonly string[] = [
  `${HEAD}Content-Length: 5\r\nContent-Type: application/json\r\n\r\n{"a"}`,
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n2\r\n"}\r\n0\r\n\r\n`,
  `${HEAD}Transfer-Encoding: chunked\r\n\r\n5;a;b=c;d="e\\"f"\r\n{"a"}\r\n0\r\nTrailer: 1\r\n\r\n`,
  `${HEAD}Connection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`,
  'GET /readyz HTTP/1.1\r\nHost: gate\r\n\r\n',
  '\r\nPOST http://gate/authz HTTP/1.1\r\nHost: gate\r\nContent-Length: 0\r\n\r\n',
];
const PIECES: readonly string[] = [
  '\r\n', '\r', '\n', '\n\r\n', '\r\n\r\n', ' ', '\t', '\0', '\x0b', '\x7f', '\x80', ':', ';', ',', '=', '"', '\\', '+', '-', '0', '1', '5', 'a', 'F',
  'Content-Length: 3\r\n', 'Content-Length: 5\r\n', 'Content-Length: +5\r\n', 'Content-Length: 5, 5\r\n',
  'Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: gzip\r\n', 'Transfer-Encoding: , chunked\r\n', 'Transfer-Encoding : chunked\r\n',
  'Connection: close\r\n', 'Connection: upgrade\r\n', 'Upgrade: h2c\r\n', 'Host: other\r\n', 'A: b\r\n c\r\n', 'HTTP/1.0', 'HTTP/1.1', '0\r\n\r\n', '2\r\n{}\r\n', ';a=b', ';a="b"',
  'POST /admit HTTP/1.1\r\nHost: gate\r\n\r\n',
]; // prettier-ignore

interface Mutation {
  readonly at: number;
  readonly removed: number;
  readonly piece: string;
}

function mutate(text: string, mutations: readonly Mutation[]): string {
  return mutations.reduce((changed, { at, removed, piece }) => {
    const index = at % (changed.length + 1);
    return changed.slice(0, index) + piece + changed.slice(index + removed);
  }, text);
}

const mutation = fc.record({
  at: fc.nat({ max: 1000 }),
  removed: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 4 })),
  piece: fc.oneof(fc.constantFrom(...PIECES), fc.constant('')),
});
const stream = fc
  .tuple(fc.array(fc.constantFrom(...REQUESTS), { minLength: 1, maxLength: 3 }), fc.array(mutation, { maxLength: 3 }))
  .map(([requests, mutations]) => mutate(requests.join(''), mutations));

describe('beside the parser of node:http', () => {
  test('well-formed requests are read alike', async () => {
    for (const text of REQUESTS) assert.equal(await assertNotLaxer(text), 1, JSON.stringify(text));
  });

  test('what this one reads out of damaged streams, that one reads alike', async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (text) => void (await assertNotLaxer(text))),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 3000) },
    );
  });

  test('every piece at every place of a request is read alike or refused', async () => {
    for (const request of REQUESTS.slice(0, 3)) {
      for (const piece of PIECES) {
        for (let at = 0; at <= request.length; at++) await assertNotLaxer(mutate(request, [{ at, removed: 0, piece }]));
      }
    }
  });
});
