import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonError, type JsonErrorCode } from './error.ts';
import { scan } from './scan.ts';
import { select } from './selection.ts';
import { MAX_DEPTH } from './value.ts';

const encoder = new TextEncoder();
const WHOLE = select();
const REVIEW = select('kind', 'request', 'request.uid', 'request.kind.kind', 'spec.audiences');

function verdict(bytes: Uint8Array): { code: JsonErrorCode; offset: number } | 'fine' {
  try {
    scan(bytes, WHOLE);
    return 'fine';
  } catch (error) {
    assert.ok(error instanceof JsonError, String(error));
    return { code: error.code, offset: error.offset };
  }
}

/** What the platform thinks: strict UTF-8, then JSON.parse. */
function platformAccepts(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

test('a document outside the grammar is refused, with the kind of fault and its offset', () => {
  const rows: [fact: string, text: string, code: JsonErrorCode, offset: number][] = [
    ['nothing at all', '', 'unexpected-end', 0],
    ['white space alone', ' \n', 'unexpected-end', 2],
    ['cut in a string', '{"a":"b', 'unexpected-end', 7],
    ['cut after a name', '{"a"', 'unexpected-end', 4],
    ['cut after a comma', '[1,', 'unexpected-end', 3],
    ['cut in a literal', 'tru', 'unexpected-end', 3],
    ['cut in an escape', '"\\u12', 'unexpected-end', 5],
    ['two documents', '{} {}', 'trailing-bytes', 3],
    ['a byte order mark', '\ufeff{}', 'unexpected-byte', 0],
    ['a comma before the end of an object', '{"a":1,}', 'unexpected-byte', 7],
    ['a comma before the end of an array', '[1,]', 'unexpected-byte', 3],
    ['a leading comma', '[,1]', 'unexpected-byte', 1],
    ['brackets that do not pair', '[1}', 'unexpected-byte', 2],
    ['a name without quotes', '{a:1}', 'unexpected-byte', 1],
    ['a name that is a number', '{1:1}', 'unexpected-byte', 1],
    ['a missing colon', '{"a" 1}', 'unexpected-byte', 5],
    ['a leading zero', '[01]', 'unexpected-byte', 2],
    ['a plus sign', '+1', 'unexpected-byte', 0],
    ['a minus alone', '-', 'unexpected-end', 1],
    ['a point without digits before it', '.5', 'unexpected-byte', 0],
    ['a point without digits after it', '1.', 'unexpected-end', 2],
    ['an exponent without digits', '1e+', 'unexpected-end', 3],
    ['a hexadecimal number', '0x10', 'trailing-bytes', 1],
    ['NaN', 'NaN', 'unexpected-byte', 0],
    ['a literal in capitals', 'True', 'unexpected-byte', 0],
    ['a literal that goes on', 'nulls', 'trailing-bytes', 4],
    ['a line break in a string', '"a\nb"', 'unexpected-byte', 2],
    ['an unknown escape', String.raw`"\x41"`, 'unexpected-byte', 2],
    ['a bad digit in an escape', String.raw`"\u00g0"`, 'unexpected-byte', 5],
    ['single quotes', "'a'", 'unexpected-byte', 0],
    ['a comment', '// a\n1', 'unexpected-byte', 0],
  ];
  for (const [fact, text, code, offset] of rows) {
    assert.deepEqual(verdict(encoder.encode(text)), { code, offset }, fact);
    assert.equal(platformAccepts(encoder.encode(text)), false, fact);
  }
});

test('malformed UTF-8 in a string is refused', () => {
  const rows: [fact: string, bytes: number[]][] = [
    ['a continuation byte alone', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong three-byte sequence', [0xe0, 0x9f, 0xbf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong four-byte sequence', [0xf0, 0x8f, 0xbf, 0xbf]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a lead byte that UTF-8 never uses', [0xf5, 0x80, 0x80, 0x80]],
    ['a sequence cut by the quote', [0xe2, 0x82]],
  ];
  for (const [fact, bytes] of rows) {
    assert.deepEqual(verdict(Uint8Array.of(0x22, ...bytes, 0x22)), { code: 'invalid-utf8', offset: 1 }, fact);
  }
  assert.equal(verdict(encoder.encode('"ß€😀\u{10ffff}\ud7ff\ue000"')), 'fine');
});

test('a scan accepts what JSON.parse accepts, and nothing else', () => {
  const document = fc.json({ stringUnit: 'binary', maxDepth: 5 }).map((text) => encoder.encode(text));
  const broken = fc
    .tuple(document, fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(...encoder.encode('"\\{}[]:,0-.eE'))))
    .map(([bytes, at, byte]) => {
      const copy = bytes.slice();
      copy[at % copy.length] = byte;
      return copy;
    });
  const numbers = fc
    .string({ unit: fc.constantFrom(...'0123456789-+.eE'.split('')), minLength: 1 })
    .map((text) => encoder.encode(text));
  fc.assert(
    fc.property(fc.oneof(document, broken, numbers), (bytes) => (verdict(bytes) === 'fine') === platformAccepts(bytes)),
    { numRuns: 5000 },
  );
});

test('every prefix of a document is refused', () => {
  const whole = encoder.encode(' {"a":[1.5e+3,true,null,"\\u00e9é"],"b":{},"c":[]}');
  for (let end = 0; end < whole.length; end++) assert.notEqual(verdict(whole.subarray(0, end)), 'fine', `${end}`);
  assert.equal(verdict(whole), 'fine');
});

test('nesting is bounded, and the bound costs no stack', () => {
  const nested = (levels: number): Uint8Array => encoder.encode('['.repeat(levels) + ']'.repeat(levels));
  assert.equal(verdict(nested(MAX_DEPTH)), 'fine');
  assert.deepEqual(verdict(nested(MAX_DEPTH + 1)), { code: 'too-deep', offset: MAX_DEPTH });
  assert.deepEqual(verdict(encoder.encode('{"a":'.repeat(1_000_000))), { code: 'too-deep', offset: 5 * MAX_DEPTH });
  // Chosen members count the containers around them.
  const inside = `{"request":${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}}`;
  assert.throws(() => scan(encoder.encode(inside), REVIEW), { code: 'too-deep' });
});

test('chosen members are found where they lie, whatever is around them', () => {
  const text = '{ "other" : {"request":1}, "request" :\t{"kind":{"kind":"Pod"},"uid":"é1"} , "kind":"K"}';
  const bytes = encoder.encode(text);
  const found = scan(bytes, REVIEW);
  const slice = (member: { start: number; end: number } | undefined): string =>
    member === undefined ? '' : new TextDecoder().decode(bytes.subarray(member.start, member.end));
  assert.equal(slice(found.request), '{"kind":{"kind":"Pod"},"uid":"é1"}');
  assert.equal(slice(found['request.uid']), '"é1"');
  assert.equal(slice(found['request.kind.kind']), '"Pod"');
  assert.equal(slice(found.kind), '"K"');
  assert.equal(found['spec.audiences'], undefined);
  assert.equal(text.slice(found.kind?.name).startsWith('"kind"'), false, 'positions are bytes, not characters');
  assert.equal(bytes[found.kind?.name ?? 0], 0x22);
});

test('a path below a value that is no object is not found', () => {
  for (const request of ['null', '[]', '"uid"', '1', '{}']) {
    const found = scan(encoder.encode(`{"request":${request}}`), REVIEW);
    assert.deepEqual(Object.keys(found), ['request'], request);
  }
});

test('a chosen member that could be read in two ways is refused', () => {
  const rows: [fact: string, text: string, offset: number][] = [
    ['the same name twice', '{"request":{},"request":{}}', 14],
    ['a second name in escapes', String.raw`{"request":{},"\u0072equest":{}}`, 14],
    ['two names in escapes', String.raw`{"\u0072equest":{},"r\u0065quest":{}}`, 19],
    ['the same name twice further down', '{"request":{"uid":"a","uid":"b"}}', 22],
    ['another case alone', '{"Request":{}}', 1],
    ['another case beside', '{"request":{},"REQUEST":{}}', 14],
    ['another case in escapes', String.raw`{"\u0052equest":{}}`, 1],
    ['the Kelvin sign, which Go folds to k', '{"\u212aind":"a"}', 1],
    ['the long s, which Go folds to s', '{"\u017fpec":{}}', 1],
  ];
  for (const [fact, text, offset] of rows) {
    assert.throws(() => scan(encoder.encode(text), REVIEW), { code: 'ambiguous-member', offset }, fact);
  }
});

test('names that only resemble a chosen one, and repeated names that are not chosen, are nobody’s business', () => {
  for (const text of [
    '{"requests":1,"reques":2}',
    '{"x":1,"x":2}',
    '{"request":{"x":1,"X":2}}',
    '{"requ@st":1}',
    '{"réquest":1}',
  ]) {
    scan(encoder.encode(text), REVIEW);
  }
});

test('a name in escapes is the member it means', () => {
  const found = scan(encoder.encode(String.raw`{"\u0072equest":{"u\u0069d":"a"}}`), REVIEW);
  assert.equal(found['request.uid']?.start, 28);
});

test('errors never quote the document', () => {
  for (const text of ['{"token":"s3cret}', '{"token":s3cret}', '{"token":"a"} s3cret', '{"token":"\ns3cret"}']) {
    try {
      scan(encoder.encode(text), WHOLE);
      assert.fail('accepted');
    } catch (error) {
      assert.ok(error instanceof JsonError && !error.message.includes('s3'), String(error));
    }
  }
});

test('a selection of more steps than bits is refused when it is made', () => {
  assert.throws(() => select(...Array.from({ length: 33 }, (_, index) => `m${index}`)), RangeError);
});
