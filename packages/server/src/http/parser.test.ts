import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MAX_BODY_BYTES, MAX_HEADER_BYTES } from '../limits.ts';
import { MAX_FIELDS } from './bounds.ts';
import { RequestParser } from './parser.ts';
import { inPieces, parseAll, type Parsed } from './testing/parse-all.ts';

const POST = 'POST /authn HTTP/1.1\r\nHost: gate\r\n';

function parse(text: string): Parsed {
  return parseAll([Buffer.from(text, 'latin1')]);
}

/** What a stream comes to, in a line: each request as `method target body`, then what ended it. */
function outcome(text: string): string {
  const { requests, end } = parse(text);
  const seen = requests.map(({ method, target, body }) => `${method} ${target} ${body}`.trim());
  return [...seen, ...(end === undefined ? [] : [String(end)])].join(' | ');
}

const FIELD = (field: string): string => `${POST}${field}\r\n\r\n`;
const CHUNKED = (body: string): string => `${POST}Transfer-Encoding: chunked\r\n\r\n${body}`;

const cases: Readonly<Record<string, readonly (readonly [stream: string, outcome: string])[]>> = {
  'request line': [
    ['POST /authn HTTP/1.1\r\nHost: gate\r\n\r\n', 'POST /authn'],
    ['\r\nPOST /authn HTTP/1.1\r\nHost: gate\r\n\r\n', 'POST /authn'],
    ['\r\n\r\nPOST /authn HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST /a?timeout=10s HTTP/1.1\r\nHost: gate\r\n\r\n', 'POST /a?timeout=10s'],
    ['POST /a HTTP/1.0\r\n\r\n', 'POST /a | close'],
    ['POST http://gate:1/a?b HTTP/1.1\r\nHost: gate\r\n\r\n', 'POST /a?b'],
    ['POST HTTPS://gate HTTP/1.1\r\nHost: gate\r\n\r\n', 'POST /'],
    ['POST http://u:p@gate/a HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST http:///a HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST ftp://gate/a HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['OPTIONS * HTTP/1.1\r\nHost: gate\r\n\r\n', 'OPTIONS *'],
    ['POST * HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['CONNECT gate:443 HTTP/1.1\r\nHost: gate\r\n\r\n', 'CONNECT gate:443 | close'],
    ['POST gate:443 HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST authn HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST  /a HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST /a  HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST /a HTTP/1.1 \r\nHost: gate\r\n\r\n', '400'],
    ['POST /a b HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST\t/a HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST /a\tHTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    [' POST /a HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['P(ST /a HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST /a#b HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST /\xe4 HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST /\0 HTTP/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST /a http/1.1\r\nHost: gate\r\n\r\n', '400'],
    ['POST /a HTTP/1.10\r\nHost: gate\r\n\r\n', '400'],
    ['POST /a HTTP/11\r\nHost: gate\r\n\r\n', '400'],
    ['POST /a\r\nHost: gate\r\n\r\n', '400'],
    ['POST\r\n\r\n', '400'],
    ['POST /a HTTP/1.2\r\nHost: gate\r\n\r\n', '505'],
    ['POST /a HTTP/0.9\r\nHost: gate\r\n\r\n', '505'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '505'],
    ['\x16\x03\x01\x02\x00', '400'],
  ],
  'lines and fields': [
    [FIELD('A: b'), 'POST /authn'],
    [FIELD('A:'), 'POST /authn'],
    [FIELD('A:\t \xfc \t'), 'POST /authn'],
    [FIELD("!#$%&'*+-.^_`|~09: b"), 'POST /authn'],
    [FIELD('A : b'), '400'],
    [FIELD('A\t: b'), '400'],
    [FIELD(' A: b'), '400'],
    [FIELD('A: b\r\n c'), '400'],
    [FIELD('A: b\r\n\tc'), '400'],
    [FIELD(': b'), '400'],
    [FIELD('A'), '400'],
    [FIELD('A[]: b'), '400'],
    [FIELD('\xc4: b'), '400'],
    [FIELD('A: \0'), '400'],
    [FIELD('A: \x7f'), '400'],
    [FIELD('A: b\nC: d'), '400'],
    [FIELD('A: b\rC: d'), '400'],
    [FIELD('A: b\r\r\nC: d'), '400'],
    ['POST /authn HTTP/1.1\nHost: gate\n\n', '400'],
    ['POST /authn HTTP/1.1\r\n Host: gate\r\n\r\n', '400'],
  ],
  host: [
    ['POST /a HTTP/1.1\r\n\r\n', '400'],
    ['POST /a HTTP/1.1\r\nHost:\r\n\r\n', 'POST /a'],
    ['POST /a HTTP/1.1\r\nhOST: [::1]:8443\r\n\r\n', 'POST /a'],
    [FIELD('Host: gate'), '400'],
    ['POST /a HTTP/1.1\r\nHost: gate/a\r\n\r\n', '400'],
    ['POST /a HTTP/1.1\r\nHost: gate gate\r\n\r\n', '400'],
    ['POST /a HTTP/1.1\r\nHost: user@gate\r\n\r\n', '400'],
    ['POST /a HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n', '400'],
  ],
  'Content-Length': [
    [`${FIELD('Content-Length: 2')}{}`, 'POST /authn {}'],
    [`${FIELD('content-length:  2 ')}{}`, 'POST /authn {}'],
    [`${FIELD('Content-Length: 2\t')}{}`, '400'],
    [`${FIELD('Content-Length:\t2')}{}`, '400'],
    [`${FIELD('Content-Length: 002')}{}`, 'POST /authn {}'],
    [`${FIELD('Content-Length: 2')}{}POST /b HTTP/1.1\r\nHost: g\r\n\r\n`, 'POST /authn {} | POST /b'],
    [FIELD('Content-Length: 0'), 'POST /authn'],
    [`${FIELD('Content-Length: 2\r\nContent-Length: 2')}{}`, '400'],
    [`${FIELD('Content-Length: 2\r\nContent-Length: 3')}{}`, '400'],
    [`${FIELD('Content-Length: 0\r\nContent-Length: 2')}{}`, '400'],
    [`${FIELD('Content-Length: 2, 2')}{}`, '400'],
    [`${FIELD('Content-Length: +2')}{}`, '400'],
    [`${FIELD('Content-Length: -2')}{}`, '400'],
    [`${FIELD('Content-Length: 0x2')}{}`, '400'],
    [`${FIELD('Content-Length: 2.0')}{}`, '400'],
    [`${FIELD('Content-Length: 2e0')}{}`, '400'],
    [`${FIELD('Content-Length: 1 2')}{}`, '400'],
    [`${FIELD('Content-Length: 2;')}{}`, '400'],
    [`${FIELD('Content-Length: "2"')}{}`, '400'],
    [`${FIELD('Content-Length:')}{}`, '400'],
    [`${FIELD('Content-Length: \xb2')}{}`, '400'],
    [`${FIELD('Content_Length: 2')}{}`, 'POST /authn'],
  ],
  'Transfer-Encoding': [
    [CHUNKED('2\r\n{}\r\n0\r\n\r\n'), 'POST /authn {}'],
    [`${FIELD('transfer-encoding: CHUNKED')}0\r\n\r\n`, 'POST /authn'],
    [FIELD('Content-Length: 2\r\nTransfer-Encoding: chunked'), '400'],
    [FIELD('Transfer-Encoding: chunked\r\nContent-Length: 2'), '400'],
    [FIELD('Transfer-Encoding: chunked\r\nContent-Length: 0'), '400'],
    [FIELD('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'), '400'],
    [FIELD('Transfer-Encoding: chunked, chunked'), '400'],
    [FIELD('Transfer-Encoding: chunked, gzip'), '400'],
    [FIELD('Transfer-Encoding: gzip'), '400'],
    [FIELD('Transfer-Encoding: identity'), '400'],
    [FIELD('Transfer-Encoding: xchunked'), '400'],
    [FIELD('Transfer-Encoding: chunkedx'), '400'],
    [FIELD('Transfer-Encoding: "chunked"'), '400'],
    [FIELD('Transfer-Encoding: chunked;q=1'), '400'],
    [FIELD('Transfer-Encoding: chunked,'), '400'],
    [FIELD('Transfer-Encoding: ,chunked'), '501'],
    [FIELD('Transfer-Encoding: gzip, chunked'), '501'],
    [FIELD('Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked'), '400'],
    [FIELD('Transfer-Encoding:'), '400'],
    [FIELD('Transfer-Encoding: chunked\t'), '400'],
    [FIELD('Transfer-Encoding : chunked'), '400'],
    [FIELD('Transfer-Encoding: \x0bchunked'), '400'],
    ['POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', '400'],
  ],
  'chunked bodies': [
    [CHUNKED('1\r\n{\r\n01\r\n}\r\n000\r\n\r\n'), 'POST /authn {}'],
    [CHUNKED('A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n'), 'POST /authn 01234567890123456789'],
    [CHUNKED('0\r\n\r\nPOST /b HTTP/1.1\r\nHost: g\r\n\r\n'), 'POST /authn | POST /b'],
    [CHUNKED('2;a;b=c;d="e\\"\t;\\\\"\r\n{}\r\n0;x\r\n\r\n'), 'POST /authn {}'],
    [CHUNKED('2\r\n{}\r\n0\r\nA: b\r\nExpires:9\r\n\r\n'), 'POST /authn {}'],
    [CHUNKED('0\r\nA: b\r\ncontent-Length: 9\r\n\r\n'), '400'],
    [CHUNKED('0\r\nTransfer-Encoding: chunked\r\n\r\n'), '400'],
    [CHUNKED('\r\n'), '400'],
    [CHUNKED('g\r\n'), '400'],
    [CHUNKED(' 2\r\n'), '400'],
    [CHUNKED('2 \r\n'), '400'],
    [CHUNKED('+2\r\n'), '400'],
    [CHUNKED('-2\r\n'), '400'],
    [CHUNKED('0x2\r\n'), '400'],
    [CHUNKED('2\n{}\n0\n\n'), '400'],
    [CHUNKED('2\r{}'), '400'],
    [CHUNKED('2\r\n{}0\r\n\r\n'), '400'],
    [CHUNKED('2\r\n{}\n0\r\n\r\n'), '400'],
    [CHUNKED('2\r\n{}\r0\r\n\r\n'), '400'],
    [CHUNKED('2\r\n{}}\r\n0\r\n\r\n'), '400'],
    [CHUNKED('2;\r\n{}\r\n0\r\n\r\n'), '400'],
    [CHUNKED('2; a\r\n{}\r\n0\r\n\r\n'), '400'],
    [CHUNKED('2;a=\r\n{}\r\n0\r\n\r\n'), '400'],
    [CHUNKED('2;a="b"c\r\n{}\r\n0\r\n\r\n'), '400'],
    [CHUNKED('2;a\n{}\r\n0\r\n\r\n'), '400'],
    [CHUNKED('2;a="\n"\r\n{}\r\n0\r\n\r\n'), '400'],
    [CHUNKED('2;a=\0\r\n{}\r\n0\r\n\r\n'), '400'],
    [CHUNKED('0\r\nA\r\n\r\n'), '400'],
    [CHUNKED('0\r\nA : b\r\n\r\n'), '400'],
    [CHUNKED('0\r\n A: b\r\n\r\n'), '400'],
    [CHUNKED('0\r\nA: b\n\r\n'), '400'],
    [CHUNKED('0\r\nA: \0\r\n\r\n'), '400'],
    [CHUNKED('0\r\n\n'), '400'],
    [CHUNKED('00000000000000002\r\n'), '400'],
    [CHUNKED('ffffffffffffffff\r\n'), '413'],
    [CHUNKED(`${(MAX_BODY_BYTES + 1).toString(16)}\r\n`), '413'],
    [CHUNKED(`2\r\n{}\r\n${(MAX_BODY_BYTES - 1).toString(16)}\r\n`), '413'],
  ],
  connection: [
    [`${FIELD('Connection: close')}POST`, 'POST /authn | close'],
    [`${FIELD('connection: keep-alive , CLOSE')}POST`, 'POST /authn | close'],
    [`${FIELD('Connection: keep-alive\r\nConnection: close')}POST`, 'POST /authn | close'],
    [FIELD('Connection: closed'), 'POST /authn'],
    [FIELD('Connection: keep-alive'), 'POST /authn'],
  ],
};

describe('the request parser', () => {
  for (const [name, table] of Object.entries(cases)) {
    test(`RFC 9112: ${name}`, () => {
      for (const [stream, expected] of table) assert.equal(outcome(stream), expected, JSON.stringify(stream));
    });
  }

  test('heads, fields, and what chunked bodies carry beside the data are limited', () => {
    const padded = (length: number): string => {
      const rest = `${POST}A: \r\n\r\n`;
      return `${POST}A: ${'b'.repeat(length - rest.length)}\r\n\r\n`;
    };
    assert.equal(outcome(padded(MAX_HEADER_BYTES)), 'POST /authn');
    assert.equal(outcome(padded(MAX_HEADER_BYTES + 1)), '431');
    assert.equal(outcome(`POST /${'a'.repeat(MAX_HEADER_BYTES)}`), '414');
    assert.equal(outcome(`${POST}${'A: b\r\n'.repeat(MAX_FIELDS - 1)}\r\n`), 'POST /authn');
    assert.equal(outcome(`${POST}${'A: b\r\n'.repeat(MAX_FIELDS)}\r\n`), '431');
    assert.equal(outcome(`\r\n${POST}${'A: b\r\n'.repeat(MAX_FIELDS - 1)}\r\n`), 'POST /authn');
    assert.equal(outcome(`\r\n${POST}${'A: b\r\n'.repeat(MAX_FIELDS)}\r\n`), '431');
    assert.equal(outcome(CHUNKED(`2;${'a'.repeat(MAX_HEADER_BYTES + 1)}`)), '400');
    assert.equal(outcome(CHUNKED('1;aa\r\nx\r\n'.repeat(MAX_HEADER_BYTES / 2))), '400');
    assert.equal(outcome(CHUNKED(`0\r\n${'A: b\r\n'.repeat(MAX_HEADER_BYTES / 4)}`)), '400');
  });

  test('a body of one piece is not copied', () => {
    const chunk = Buffer.from(`${FIELD('Content-Length: 2')}{}`);
    const [request] = parseAll([chunk]).requests;
    chunk[chunk.length - 1] = 0x21;
    assert.equal(request?.bytes.toString(), '{!');
  });

  test('what large bodies take comes out of a budget, and goes back into it', () => {
    const budget = { left: 100_000 };
    const parser = new RequestParser(budget);
    const feed = (text: string): string => parser.read(Buffer.from(text), 0);
    assert.equal(feed(FIELD('Content-Length: 200000')), 'head');
    assert.equal(feed(' '.repeat(30_000)), 'more');
    assert.equal(budget.left, 100_000);
    assert.equal(feed(' '.repeat(20_000)), 'more');
    assert.equal(budget.left, 0);
    assert.equal(feed(' '.repeat(50_001)), 'problem');
    assert.equal(parser.problem?.status, 503);
    parser.next();
    assert.equal(budget.left, 100_000);
  });

  test('a stream means the same however it is cut into chunks', () => {
    const streams = Object.values(cases).flatMap((table) => table.map(([stream]) => stream));
    const long = [
      `${POST}A: ${'b'.repeat(MAX_HEADER_BYTES)}\r\n\r\n`,
      CHUNKED(`5000\r\n${' '.repeat(0x5000)}\r\n0\r\n\r\n`),
    ];
    const stream = fc
      .array(fc.constantFrom(...streams, ...long), { minLength: 1, maxLength: 4 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 40 }), { maxLength: 30 }), (text, cuts) => {
        const bytes = Buffer.from(text, 'latin1');
        assert.deepEqual(parseAll(inPieces(bytes, cuts)), parseAll([bytes]));
      }),
      { numRuns: 1000 },
    );
    for (const text of streams) {
      const bytes = Buffer.from(text, 'latin1');
      assert.deepEqual(parseAll(inPieces(bytes, [1])), parseAll([bytes]), JSON.stringify(text));
    }
  });
});
