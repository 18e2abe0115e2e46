import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BuiltinError } from './builtins/builtin.ts';
import { BUILTINS } from './builtins/index.ts';
import { Stop } from '../stop.ts';
import { BUILTIN_LIMITS, LimitError } from './limits.ts';
import { watched } from './steps.ts';
import { bytesOf, textOf } from './value/bytes.ts';
import { parseValue } from './value/parse.ts';
import { objectOf, setOf } from './value/collections.ts';
import { formatValue } from './value/format.ts';
import { number, type Value } from './value/value.ts';

const many = (count: number, item: Value): Value[] => Array.from({ length: count }, () => item);
const texts = (count: number, head: string): Value[] => Array.from({ length: count }, (_, at) => `${head}${at}`);
const base64 = (text: string): string => Buffer.from(text).toString('base64url');
const copy = (from: string, path: string): Value => objectOf([['op', 'copy'], ['from', from], ['path', path]]); // prettier-ignore
const doubling = Array.from({ length: 60 }, (_, level) => copy('', `/${level}`));
const chain = objectOf(Array.from({ length: 3000 }, (_, node): [Value, Value] => [number(node), [number(node + 1)]]));
const complete = objectOf(Array.from({ length: 14 }, (_, node): [Value, Value] => [number(node), Array.from({ length: 14 }, (__, other) => number(other))])); // prettier-ignore

/** Small arguments that ask for much: a name, and what is asked of the builtin. */
const GREEDY: readonly (readonly [name: string, args: readonly Value[]])[] = [
  ['sprintf', ['%1000000d'.repeat(1000), many(1000, number(1))]],
  ['sprintf', ['%d', [number(BigInt(`0x${'f'.repeat(20_000)}`))]]],
  ['regex.replace', ['a'.repeat(100_000), 'a', 'b'.repeat(100_000)]],
  ['regex.split', ['(a{500}){500}', 'a'.repeat(1000)]],
  ['regex.split', ['a{1000}'.repeat(1000), 'a']],
  ['regex.split', ['a'.repeat(100_000), 'a']],
  ['regex.find_n', ['(x+x+)+y'.repeat(1000), 'x'.repeat(1_000_000), number(-1)]],
  ['json.marshal_with_options', [many(1000, many(100, [number(1)])), objectOf([['indent', ' '.repeat(10_000)]])]],
  ['json.patch', [objectOf([]), doubling]],
  [
    'yaml.unmarshal',
    [`a: &a [${'x,'.repeat(1000)}]\n${Array.from({ length: 1000 }, (_, i) => `k${i}: *a`).join('\n')}`],
  ],
  ['yaml.unmarshal', ['- '.repeat(100_000)]],
  ['yaml.unmarshal', ['['.repeat(100_000)]],
  ['yaml.unmarshal', ['a'.repeat(2_000_000)]],
  ['numbers.range_step', [number(0), number(10n ** 30n), number(1)]],
  ['net.cidr_expand', ['::/0']],
  ['indexof_n', ['a'.repeat(1_000_000), 'a'.repeat(500_000)]],
  ['object.subset', [many(100_000, number(1)), [...many(50_000, number(1)), number(2)]]],
  ['units.parse', ['1'.repeat(100_000)]],
  ['units.parse', ['1e999999']],
  ['graph.reachable_paths', [complete, [number(0)]]],
  ['time.parse_duration_ns', ['1'.repeat(1_000_000)]],
  ['yaml.unmarshal', ['a: '.repeat(100_000)]],
  ['yaml.unmarshal', ['? '.repeat(50_000)]],
  ['strings.any_prefix_match', [texts(20_000, 'a'), texts(20_000, 'b')]],
  ['semver.is_valid', ['1'.repeat(1_000_000)]],
  ['regex.find_n', ['(a*)(b*)(c*)z', `${'abc'.repeat(300_000)}z`, number(1)]],
  ['io.jwt.decode', [`${base64('{"cty":"JWT"}')}.${base64(`x${'"'.repeat(200_000)}x`)}.`]],
];

/** Small arguments whose answers are honest work. */
const HONEST: readonly (readonly [name: string, args: readonly Value[]])[] = [
  ['graph.reachable', [chain, [number(0)]]],
  ['yaml.is_valid', ['x: "'.repeat(10_000)]],
  ['regex.template_match', ['<'.repeat(1000) + '>'.repeat(1000), 'x', '<', '>']],
  ['urlquery.decode_object', ['a=b&'.repeat(200_000)]],
  ['hex.decode', ['61'.repeat(1_000_000)]],
];

const numbers = (count: number): Value[] => Array.from({ length: count }, (_, at) => number(at));
/** What takes longer than any policy has, and has to look at the clock while it does. */
const LONG: readonly (readonly [name: string, args: readonly Value[]])[] = [
  ['regex.replace', ['a'.repeat(20_000), 'a(.*b)?', 'x']],
  ['regex.split', ['a(.*b)?', 'a'.repeat(20_000)]],
  ['regex.find_n', ['a(.*b)?', 'a'.repeat(20_000), number(-1)]],
  ['object.subset', [numbers(20_000), setOf(numbers(19_999).toReversed())]],
  ['object.union_n', [Array.from({ length: 10_000 }, (_, at) => objectOf([[`k${at}`, null]]))]],
  ['crypto.md5', ['a'.repeat(10_000_000)]],
];

/** On a machine with other things to do; what has no limit takes minutes. */
const PATIENCE_MS = 4000;

function run(name: string, args: readonly Value[], checkTime: () => void = () => undefined): number {
  const started = performance.now();
  const evaluation = {
    now: 0n,
    random: () => undefined,
    answers: new Map(),
    log: () => undefined,
    checkTime,
  };
  const value = BUILTINS.get(name)?.(args, evaluation);
  if (value !== undefined) formatValue(value);
  return performance.now() - started;
}

suite('builtins that are asked for too much', () => {
  for (const [name, args] of GREEDY) {
    test(`${name} refuses`, () => {
      const started = performance.now();
      assert.throws(() => run(name, args), (error) => error instanceof LimitError || error instanceof BuiltinError); // prettier-ignore
      assert.ok(performance.now() - started < PATIENCE_MS);
    });
  }
  for (const [name, args] of LONG) {
    test(`${name} ends when its time is over`, () => {
      const end = performance.now() + 50;
      const checkTime = (): void => {
        if (performance.now() > end) throw new Stop('over');
      };
      assert.throws(() => run(name, args, checkTime), Stop);
      assert.ok(performance.now() - end < PATIENCE_MS / 4);
    });
  }
  for (const [name, args] of HONEST) {
    test(`${name} answers in time`, () => {
      try {
        assert.ok(run(name, args) < PATIENCE_MS);
      } catch (error) {
        assert.ok(error instanceof BuiltinError);
      }
    });
  }
});

const LARGEST = BUILTIN_LIMITS.characters - 100;
const filled = (unit: string, length = LARGEST): string => unit.repeat(Math.floor(length / unit.length));
const lines = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line((at * 7919) % 999_983)).join(',');

/** Arguments as large as they may be, as a module hands them over. */
const LARGE: readonly (readonly [name: string, ...args: string[]])[] = [
  ['cast_string', `"${filled('a')}"`],
  ['cast_string', `"${filled('\udc80', LARGEST / 4)}"`],
  ['cast_array', `[${filled('[1],', 1_900_000)}1]`],
  ['cast_set', `{${lines(400_000, String)}}`],
  ['cast_object', `{${lines(300_000, (at) => `"${at}":1`)}}`],
  ['cast_set', `{${lines(400, (at) => `${at}${'9'.repeat(9000)}`)}}`],
  ['crypto.sha256', `"${filled('a')}"`],
  ['base64url.encode_no_pad', `"${filled('a')}"`],
  ['hex.encode', `"${filled('a')}"`],
  ['hex.decode', `"${filled('61')}"`],
  ['urlquery.encode', `"${filled('&')}"`],
  ['urlquery.decode', `"${filled('%41')}"`],
  ['urlquery.decode_object', `"${filled('a=b&')}"`],
  ['json.is_valid', JSON.stringify(`[${filled('1,', 1_900_000)}1]`)],
  ['json.marshal_with_options', `[${filled('"a<",', 3_000_000)}1]`, '{"indent":" "}'],
  ['json.patch', '{}', `[${lines(60_000, (at) => `{"op":"add","path":"/k${at}","value":1}`)}]`],
  ['yaml.marshal', `"${filled('1')}"`],
  ['yaml.marshal', `[${filled('[1],', 1_900_000)}1]`],
  ['yaml.unmarshal', JSON.stringify(filled('a: 1\n', 1_000_000))],
  ['yaml.unmarshal', JSON.stringify(`[${filled('a,', 1_000_000)}]`)],
  ['regex.replace', '"a"', '"a"', `"${filled('$a')}"`],
  ['regex.split', '"(a|b)*c"', `"${filled('a', 600_000)}"`],
  ['regex.replace', `"${filled('a', 500_000)}"`, '"a"', '"bb"'],
  ['regex.find_n', '"[a-z]+@(?:[a-z]+\\\\.)+[a-z]+"', `"${filled('a', 80_000)}"`, '-1'],
  ['glob.quote_meta', `"${filled('*')}"`],
  ['sprintf', '"%q"', `["${filled('a')}"]`],
  ['sprintf', `"${filled('%d')}"`, '[]'],
  ['strings.reverse', `"${filled('a')}"`],
  ['strings.count', `"${filled('a')}"`, '""'],
  ['indexof_n', `"${filled('a', 1_000_000)}"`, `"${filled('a', 200)}b"`],
  ['net.cidr_expand', '"10.0.0.0/16"'],
  ['net.cidr_merge', `[${lines(60_000, (at) => `"10.${at & 255}.${(at >> 8) & 255}.0/24"`)}]`],
  ['numbers.range_step', '1', '1000000', '1'],
  ['object.keys', `{${lines(300_000, (at) => `"${at}":1`)}}`],
  ['time.format', `[1, "", "${filled('2006', 900_000)}"]`],
  ['uri.parse', `"http://a/${filled('%41', 1_000_000)}"`],
  ['io.jwt.decode', `"${base64('{}')}.${base64(`{"a":[${filled('1,', 1_000_000)}1]}`)}.YWFh"`],
];

/** What a guest outlives its limit by at worst is this and two ticks; a tenth of a second on a machine of its own. */
const LONGEST_GAP_MS = 400;

/** Time of this thread alone, so that what else the machine does counts for little. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The longest time between two looks at the clock; given up after some time. */
function longestGap(name: string, args: readonly string[]): number {
  const texts = args.map(bytesOf);
  // Reading and writing arguments is what casts do; it is not to use up the time of the others.
  const values = name.startsWith('cast_') ? undefined : texts.map((text) => parseValue(textOf(text)));
  const started = threadMs();
  let [last, longest] = [started, 0];
  const look = (): void => {
    const now = threadMs();
    [longest, last] = [Math.max(longest, now - last), now];
    if (now - started > 300) throw new Stop('over');
  };
  const evaluation = { now: 0n, random: () => undefined, answers: new Map(), log: () => undefined, checkTime: look };
  try {
    watched(look, () => {
      const value = BUILTINS.get(name)?.(values ?? texts.map((text) => parseValue(textOf(text))), evaluation);
      if (value !== undefined) bytesOf(formatValue(value));
    });
  } catch (error) {
    if (!(error instanceof Stop || error instanceof LimitError || error instanceof BuiltinError)) throw error;
  }
  return Math.max(longest, threadMs() - last);
}

suite('builtins with the largest arguments look at the clock all the time', () => {
  for (const [index, [name, ...args]] of LARGE.entries()) {
    test(`${name} (${index})`, () => {
      const gap = longestGap(name, args);
      assert.ok(gap < LONGEST_GAP_MS, `${gap} ms`);
    });
  }
});
