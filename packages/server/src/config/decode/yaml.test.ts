import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { json } from './json.ts';
import { MAX_DEPTH, MAX_FILE_BYTES } from './limits.ts';
import { decodeText } from './testing.ts';

const read = (text: string | Uint8Array, lenient = false) => decodeText(json, text, lenient);

suite('a document', () => {
  for (const [what, text, expected] of [
    ['block and flow style', 'a:\n- 1\n- {b: [x, "y"]}\n', '{"a":[1,{"b":["x","y"]}]}'],
    ['JSON with tabs', '{\n\t"a":\t[\n\t\t1\n\t]\n}\n', '{"a":[1]}'],
    ['JSON with surrogate pairs', '{"a":"\\ud83d\\ude00\\/"}', '{"a":"😀/"}'],
    ['a byte order mark', '\ufeffa: 1', '{"a":1}'],
    ['comments and markers', '# c\n---\na: 1 # d\n...\n', '{"a":1}'],
    ['block scalars', 'a: |\n  x\n  [\nb: >-\n  x\n  y\n', '{"a":"x\\n[\\n","b":"x y"}'],
    ['quoted words that look like others', `a: ["yes", 'null', "1"]`, '{"a":["yes","null","1"]}'],
    ['missing values', 'a:\nb: [ ]\n"c":\n', '{"a":null,"b":[],"c":null}'],
    ['an alias', 'a: &x {b: 1}\nc: *x\nd: *x\n', '{"a":{"b":1},"c":{"b":1},"d":{"b":1}}'],
    ['an anchor that moves', 'a: &x 1\nb: *x\nc: &x 2\nd: *x\n', '{"a":1,"b":1,"c":2,"d":2}'],
    ['an alias as key', '&k a: 1\nb: {*k : 2}\n', '{"a":1,"b":{"a":2}}'],
    ['a merge', 'a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n', '{"a":{"b":1,"c":2},"d":{"c":3,"b":1}}'],
    ['a merge of several', 'a: {<<: [{b: 1}, {b: 2, c: 3}]}', '{"a":{"b":1,"c":3}}'],
    ['a quoted merge key', 'a: {"<<": 1}', '{"a":{"<<":1}}'],
    ['tags that only repeat', '!!map {a: !!seq [!!str 1, !!int "2"]}', '{"a":["1",2]}'],
    ['brackets in scalars', `a: "${'['.repeat(300)}"\nb: |\n  ${'{'.repeat(300)}\n`, undefined],
  ] as const) {
    test(`may have ${what}`, () => {
      const { value, problems } = read(text);
      assert.deepEqual(problems, []);
      if (expected !== undefined) assert.equal(value, expected);
    });
  }

  for (const [what, text, expected] of [
    ['empty', '', ['1:1 : expected a document, found an empty file']],
    ['only comments', '# nothing\n', ['1:1 : expected a document, found an empty file']],
    ['null', '---\nnull\n', ['1:1 : expected a document, found an empty file']],
    ['two documents', 'a: 1\n---\nb: 2\n', ['3:1 : expected one document, found a second one']],
    [
      'not UTF-8',
      Buffer.from('a: 1\nb: \xff\n', 'latin1'),
      ['2:1 : expected UTF-8 text, found other bytes in this line'],
    ],
    ['too large', 'x'.repeat(MAX_FILE_BYTES + 1), [`1:1 : expected at most 1048576 bytes, found 1048577`]],
    ['no YAML', 'a: @x\n', ['1:4 : invalid YAML: Plain value cannot start with reserved character @']],
    ['tabs for indentation', 'a:\n\tb: 1\n', ['2:1 : invalid YAML: Tabs are not allowed as indentation']],
    ['an unknown alias', 'a: 1\nb: [*x]\n', ['2:5 b[0]: the alias *x has no anchor before it']],
    ['an alias inside its anchor', 'a: &x\n  b: *x\n', ['2:6 a.b: the alias *x stands inside the block it repeats']],
    ['a merge of a scalar', 'a:\n  <<: 1\n', ['2:7 a["<<"]: expected a mapping or a list of mappings to merge']],
    ['an unknown tag', 'a: !foo 1\n', ['1:9 a: the tag !foo is unknown or does not fit its value']],
    ['a set', 'a: !!set {b}\n', ['1:10 a: the tag tag:yaml.org,2002:set is unknown or does not fit its value']],
  ] as const) {
    test(`is refused when it is or has ${what}`, () => assert.deepEqual(read(text).problems, expected));
  }

  test('may be followed by others for a lenient reader', () => {
    assert.deepEqual(read('a: 1\n---\nb: [\n', true), { value: '{"a":1}', problems: [], warnings: [] });
  });

  test('may end with a document marker', () => assert.equal(read('a: 1\n---\n').value, '{"a":1}'));

  test('tells the first ten syntax errors only', () => assert.equal(read('{"a":}'.repeat(1000)).problems.length, 10));
});

/** Large enough for anything quadratic to show. */
const LARGE = MAX_FILE_BYTES / 4;

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}

suite('a hostile document', () => {
  const bomb = ['a0: &a0 [xxxxxxxx]'];
  for (let level = 1; level < 12; level += 1) {
    bomb.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(',')}]`,
    );
  }
  const deep = /expected at most 200 levels, found a deeper one/;

  for (const [what, text, expected] of [
    ['an alias bomb', bomb.join('\n'), /^8:9 a7: the aliases repeat too much of the document$/],
    ['brackets', '['.repeat(MAX_FILE_BYTES), /^1:201 : expected at most 200 levels/],
    ['braces', '{a: '.repeat(LARGE / 4), deep],
    ['nested lists', '- '.repeat(LARGE / 2), deep],
    ['nested keys', '? '.repeat(LARGE / 2), deep],
    ['nested mappings', lines(1400, (index) => `${' '.repeat(index)}a:`), deep],
    ['levels just too many', lines(MAX_DEPTH + 2, (index) => `${' '.repeat(index)}a:`), deep],
  ] as const) {
    test(`is refused in time: ${what}`, { timeout: 60_000 }, () => {
      const [first] = read(text).problems;
      assert.match(first ?? 'no problem', expected);
    });
  }

  test('of repeated keys, anchors or merges takes no quadratic time', { timeout: 60_000 }, () => {
    const merges = lines(1000, (index) => `b${index}: &m${index}\n  <<: *m${Math.max(0, index - 1)}\n  k${index}: 1`);
    const anchors = lines(10_000, (index) => `- &a${index} x\n- *a${index}`);
    for (const text of ['a:\n'.repeat(LARGE / 3), anchors, `b: &m0 {}\n${merges}`]) read(text, true);
  });
});
