import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { loadEcho } from './echo.ts';

const echo = await loadEcho();

/** What the guest says of a document it refuses. */
function refusal(text: string | Uint8Array): { error: string; position: number } {
  const call = echo('closed', text);
  assert.equal(call.returned, true, call.trap);
  return JSON.parse(call.output) as { error: string; position: number };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Documents in which only shape and characters matter: no value has a key `position`. */
const text = fc
  .tuple(fc.jsonValue({ depthSize: 'medium', stringUnit: 'binary' }), fc.constantFrom(undefined, 1, '\t'))
  .map(([value, space]) => JSON.stringify(value, undefined, space));

suite('JSON that passes through a guest', () => {
  test('comes back byte for byte when nobody looks at it', () => {
    fc.assert(fc.property(text, (document) => assert.equal(echo('closed', document).output, document)));
  });

  for (const name of ['opened', 'rebuilt']) {
    test(`keeps its values and its order when it is ${name}`, () => {
      fc.assert(
        fc.property(text, (document) => {
          const output = echo(name, document).output;
          assert.equal(JSON.stringify(JSON.parse(output)), JSON.stringify(JSON.parse(document)));
        }),
      );
    });
  }

  const kept: [what: string, document: string][] = [
    ['an integer beyond 2^53', '[9007199254740993]'],
    ['an integer beyond 2^64', '[123456789012345678901234567890]'],
    ['a fraction with zeros', '[1.50,-0,-0.0]'],
    ['an exponent', '[1E400,1e-7,2e+3]'],
    ['a lone surrogate', '["\\ud800","\\udc00x","\\ude00\\ud800"]'],
    ['characters of one to four bytes', '["aäऄ😀\u{10ffff}\u{7f}\u{2028}"]'],
    ['keys with escapes', '{"a\\"b\\\\\\n\\u0001":1,"":2,"ä😀":3}'],
    ['empty containers', '[{},[],{"a":{}},[[]]]'],
  ];
  for (const [what, document] of kept) {
    test(`keeps ${what}`, () => {
      assert.equal(echo('opened', document).output, document);
      assert.equal(echo('rebuilt', document).output, document);
    });
  }

  test('lets the last of equal keys count, in the place of the first', () => {
    assert.equal(echo('opened', '{"a":1,"b":2,"\\u0061":3}').output, '{"a":3,"b":2}');
  });

  test('decodes every escape', () => {
    const document = String.raw`["\"\\\/\b\f\n\r\t\u00e4\uD83D\uDE00x\u0041"]`;
    assert.deepEqual(JSON.parse(echo('rebuilt', document).output), ['"\\/\b\f\n\r\tä😀xA']);
  });
});

suite('JSON that is refused', () => {
  const table: [text: string | Uint8Array, position: number, problem: string][] = [
    ['', 0, 'unexpected end of the text'],
    ['  ', 2, 'unexpected end of the text'],
    ['{"a":1', 6, 'unexpected end of the text'],
    ['{"a"', 4, 'unexpected end of the text'],
    ['["a', 3, 'unexpected end of the text'],
    ['["\\', 3, 'unexpected end of the text'],
    ['["\\u00', 6, 'unexpected end of the text'],
    ['{} {}', 3, 'unexpected text after the document'],
    ['1 2', 2, 'unexpected text after the document'],
    ['{"a" 1}', 5, "expected ':' after a key"],
    ['{a:1}', 1, 'expected a key in quotes'],
    ['{"a":1,}', 7, 'expected a key in quotes'],
    ['{"a":1 "b":2}', 7, "expected ',' or '}'"],
    ['[1 2]', 3, "expected ',' or ']'"],
    ['[1,]', 3, 'expected a value'],
    ['[1}', 2, "expected ',' or ']'"],
    [']', 0, 'expected a value'],
    ['[nul]', 4, 'expected a value'],
    ['[TRUE]', 1, 'expected a value'],
    ["['a']", 1, 'expected a value'],
    ['[NaN]', 1, 'expected a value'],
    ['[+1]', 1, 'expected a value'],
    ['[.5]', 1, 'expected a value'],
    ['[01]', 2, "expected ',' or ']'"],
    ['[1.]', 3, 'expected a digit'],
    ['[1e]', 3, 'expected a digit'],
    ['[-]', 2, 'expected a digit'],
    ['["\n"]', 2, 'control character in a string'],
    ['["\u0000"]', 2, 'control character in a string'],
    ['["\\x41"]', 3, 'unknown escape'],
    ['["\\u12G4"]', 6, 'expected four hexadecimal digits'],
    ['\ufeff{}', 0, 'expected a value'],
    ['[1]\u00a0', 3, 'unexpected text after the document'],
    ['['.repeat(1025), 1024, 'nested too deeply'],
    ['{"a":'.repeat(1025), 5120, 'nested too deeply'],
    [Buffer.from([0x22, 0x80, 0x22]), 1, 'invalid UTF-8'],
    [Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 1, 'invalid UTF-8'],
    [Buffer.from([0x22, 0xe0, 0x9f, 0xbf, 0x22]), 1, 'invalid UTF-8'],
    [Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 1, 'invalid UTF-8'],
    [Buffer.from([0x22, 0xf0, 0x8f, 0xbf, 0xbf, 0x22]), 1, 'invalid UTF-8'],
    [Buffer.from([0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]), 1, 'invalid UTF-8'],
    [Buffer.from([0x22, 0xf5, 0x80, 0x80, 0x80, 0x22]), 1, 'invalid UTF-8'],
    [Buffer.from([0x22, 0xe2, 0x82]), 1, 'invalid UTF-8'],
    [Buffer.from([0x22, 0xc3, 0x22, 0x22]), 1, 'invalid UTF-8'],
  ];
  for (const [document, position, problem] of table) {
    test(`${JSON.stringify(String(document).slice(0, 12))} at byte ${position}: ${problem}`, () => {
      assert.deepEqual(refusal(document), { error: `invalid JSON at byte ${position}: ${problem}`, position });
    });
  }

  test('is what JSON.parse refuses, and nothing else', () => {
    const noise = fc.constantFrom(...Array.from('{}[]",:\\u0e-+.1atfn \n'), '\u0001', '\u00e4', '😀');
    const damaged = fc.tuple(text, fc.nat(), noise, fc.constantFrom(0, 1)).map(([document, at, insert, cut]) => {
      const index = at % (document.length + 1);
      return (document.slice(0, index) + insert + document.slice(index + cut)).toWellFormed();
    });
    fc.assert(
      fc.property(damaged, (document) => {
        const output = echo('closed', document).output;
        if (isJson(document)) assert.equal(output, document.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''));
        else assert.match(output, /^\{"error":"invalid JSON at byte \d+: /);
      }),
      { numRuns: 1000 },
    );
  });

  test('does not include the greatest legal depth', () => {
    const document = '['.repeat(1024) + ']'.repeat(1024);
    for (const name of ['closed', 'opened', 'rebuilt']) assert.equal(echo(name, document).output, document);
  });
});
