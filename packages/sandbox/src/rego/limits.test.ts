import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { BuiltinError } from './builtins/builtin.ts';
import { BUILTINS } from './builtins/index.ts';
import { Stop } from '../stop.ts';
import { LimitError } from './limits.ts';
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
  ['io.jwt.decode', [`${base64('{"cty":"JWT"}')}.${base64(`x${'"'.repeat(200_000)}x`)}.`]],
];

/** Small arguments whose answers are honest work. */
const HONEST: readonly (readonly [name: string, args: readonly Value[]])[] = [
  ['graph.reachable', [chain, [number(0)]]],
  ['semver.is_valid', ['1'.repeat(1_000_000)]],
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
