import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUTHORIZER_VALUE } from './library/authorizer.ts';
import { CelError, compile, evaluate, groupEnvironment, MATCH_CONDITIONS, STANDARD, formatType } from './index.ts';
import type { Environment } from './environment.ts';
import type { Value } from './value.ts';

function run(
  source: string,
  activation: Record<string, unknown> = {},
  environment: Environment = STANDARD,
): Value | CelError {
  const compiled = compile(source, environment);
  assert.ok(compiled.ok, compiled.ok ? '' : `${source}: ${compiled.errors[0]?.message}`);
  return evaluate(compiled, activation);
}

/** Each must be true. */
const HOLDS: readonly string[] = [
  '[1, 2, 2].isSorted() && ![2, 1].isSorted() && [1, 3].sum() == 4 && [1.5, 2.0].sum() == 3.5',
  '[3, 1, 2].min() == 1 && ["a", "c"].max() == "c" && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(5) == -1',
  '[duration("1s"), duration("2m")].sum() == duration("121s")',
  '"abc 123 45".find("[0-9]+") == "123" && "1 2 3".findAll("[0-9]", 2) == ["1", "2"] && "x".find("y") == ""',
  'quantity("1.5Gi") == quantity("1536Mi") && quantity("500m").isLessThan(quantity("1")) && isQuantity("1k") && !isQuantity("1kk")',
  'quantity("2").add(quantity("3")).asInteger() == 5 && sign(quantity("1").sub(3)) == -1 && !quantity("0.5").isInteger()',
  'quantity("1e3").compareTo(quantity("1k")) == 0 && quantity("50m").asApproximateFloat() == 0.05',
  'ip("10.0.0.1").family() == 4 && ip("::1").isLoopback() && !isIP("::ffff:1.2.3.4") && !isIP("1.02.3.4") && string(ip("fe80:0::1")) == "fe80::1"',
  'ip("2001:db8::abcd") == ip("2001:DB8::ABCD") && ip.isCanonical("2001:db8::abcd") && !ip.isCanonical("2001:DB8::ABCD")',
  'string(ip("1:0:0:2:0:0:0:3")) == "1:0:0:2::3" && string(ip("0:0:0:0:0:0:0:0")) == "::" && string(ip("1:0:0:0:0:0:0:0")) == "1::"',
  'cidr("192.168.0.0/24").containsIP("192.168.0.9") && !cidr("192.168.0.0/24").containsIP(ip("192.168.1.9"))',
  'cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && !cidr("10.1.0.0/16").containsCIDR("10.0.0.0/8")',
  'cidr("10.1.2.3/8").masked() == cidr("10.0.0.0/8") && cidr("::/0").prefixLength() == 0 && !isCIDR("10.0.0.0/33")',
  'url("https://a.example:80/p?q=1&q=2").getHost() == "a.example:80" && url("https://a.example/p?q=1&q=2").getQuery()["q"] == ["1", "2"]',
  'url("/path").getEscapedPath() == "/path" && url("/path").getHost() == "" && !isURL("../x") && url("https://[::1]:80/").getHostname() == "::1"',
  'semver("1.10.0").isGreaterThan(semver("1.9.0")) && semver("1.0.0-rc.1").isLessThan(semver("1.0.0")) && !isSemver("v1.0") && semver("v1.0", true).major() == 1',
  'format.named("dns1123Label").value().validate("Bad_Name").hasValue() && !format.dns1123Label().validate("good").hasValue()',
  '!format.named("nonsense").hasValue()',
  'sets.contains([1, 2, 3], [2]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])',
  '[1, 2].exists(i, v, i == 1 && v == 2) && {"a": 1}.transformMap(k, v, v + 1) == {"a": 2}',
  '"%s is %d".format(["a", 1]) == "a is 1" && "a,b".split(",").join("-") == "a-b" && " x ".trim() == "x"',
  'cel.bind(x, 2, x * x) == 4 && {"a": 1}.?b.orValue(3) == 3 && [1][?5].hasValue() == false',
  '"a".matches("^[a-z]$") && matches("ab", "a")',
];

for (const source of HOLDS) {
  test(`holds: ${source}`, () => {
    assert.equal(run(source), true);
  });
}

const POD = {
  metadata: { name: 'p', labels: { app: 'x' }, generation: 3 },
  spec: { replicas: 2, big: 9_007_199_254_740_993n, ratio: 0.5, containers: [{ name: 'c', image: 'r.example/c:1' }] },
};
const REQUEST = { operation: 'CREATE', userInfo: { username: 'u', groups: ['system:masters'] }, namespace: 'n' };

const CONDITIONS: readonly (readonly [string, unknown])[] = [
  ['object.spec.replicas + 1 == 3', true],
  ['object.spec.big == 9007199254740993', true],
  ['object.spec.ratio < 1.0', true],
  ['has(object.metadata.labels) && object.metadata.labels["app"] == "x"', true],
  ['object.spec.containers.all(c, c.image.startsWith("r.example/"))', true],
  ['request.operation in ["CREATE", "UPDATE"] && oldObject == null', true],
  ['"system:masters" in request.userInfo.groups', true],
  ['object.missing.field == 1', 'no-such-field'],
  ['object.missing == 1 || true', true],
  ['object.constructor == 1', 'no-such-field'],
  ['has(object.toString)', false],
  ['authorizer.group("apps").resource("deployments").namespace("n").check("create").allowed()', 'unavailable'],
  ['authorizer.requestResource.check("get").allowed()', 'unavailable'],
];

for (const [source, expected] of CONDITIONS) {
  test(`match condition: ${source}`, () => {
    const result = run(
      source,
      { object: POD, oldObject: null, request: REQUEST, authorizer: AUTHORIZER_VALUE },
      MATCH_CONDITIONS,
    );
    assert.equal(result instanceof CelError ? result.code : result, expected);
  });
}

test('an authorizer that answers is asked the whole question', () => {
  const compiled = compile(
    'authorizer.group("apps").resource("pods").subresource("log").check("get").allowed()',
    MATCH_CONDITIONS,
  );
  assert.ok(compiled.ok);
  const asked: unknown[] = [];
  const authorize = (query: unknown) => {
    asked.push(query);
    return { allowed: true, reason: '' };
  };
  assert.equal(evaluate(compiled, { authorizer: AUTHORIZER_VALUE }, { authorize }), true);
  assert.deepEqual(asked, [{ group: 'apps', resource: 'pods', subresource: 'log', verb: 'get' }]);
});

const REFUSED: readonly (readonly [string, Environment, RegExp])[] = [
  ['params.x', MATCH_CONDITIONS, /undeclared reference to 'params'/],
  ['request.uid == ""', MATCH_CONDITIONS, /undefined field 'uid'/],
  ['request.name + 1 == ""', MATCH_CONDITIONS, /no overload of '_\+_' takes \(string, int\)/],
  ['object.x.y(1)', MATCH_CONDITIONS, /undeclared reference to 'y'/],
  ['[1, "a"].size() == 2', MATCH_CONDITIONS, /expected int as before, found string/],
  ['{"a": 1, "b": true} == {}', MATCH_CONDITIONS, /expected int as before, found bool/],
  ['duration("x") == duration("1s")', MATCH_CONDITIONS, /invalid duration/],
  ['object.x.matches("(")', MATCH_CONDITIONS, /invalid matches/],
  ['"%d".format(["a"]) == ""', MATCH_CONDITIONS, /%d takes an integer/],
  ['cel.bind(x, 1, x == 1)', MATCH_CONDITIONS, /'cel.bind' is not available here/],
  ['"a".reverse() == "a"', MATCH_CONDITIONS, /undeclared reference to 'reverse'/],
  ['1 == 1.0', STANDARD, /no overload of '_==_'/],
  ['a(', STANDARD, /expected an expression, found the end/],
  ['m1() > m2()', groupEnvironment(['m1', 'm2']), /'_>_'/],
  ['m1() && m3()', groupEnvironment(['m1', 'm2']), /undeclared reference to 'm3'/],
  ['m1(1)', groupEnvironment(['m1']), /no overload of 'm1'/],
  ['m1() ? m1() : m1()', groupEnvironment(['m1']), /not available here/],
  ['[m1()].all(x, x)', groupEnvironment(['m1']), /./],
  ['2 > 1', groupEnvironment(['m1']), /'_>_'/],
  ['"a".size() == 1', groupEnvironment(['m1']), /undeclared reference/],
];

for (const [source, environment, message] of REFUSED) {
  test(`does not compile: ${source}`, () => {
    const compiled = compile(source, environment);
    assert.ok(!compiled.ok);
    assert.match(compiled.errors.map((error) => error.message).join('\n'), message);
  });
}

test('a group expression asks only the members that it needs, by name', () => {
  const asked: string[] = [];
  const environment = groupEnvironment(['a', 'b', 'c'], (member) => asked.push(member) > 0 && member === 'a');
  assert.equal(run('a() || (b() && c())', {}, environment), true);
  assert.deepEqual(asked, ['a']);
  assert.equal(run('!a() || b() != c()', {}, environment), false);
});

test('a problem says where it is', () => {
  const compiled = compile('true &&\n  nobody', STANDARD);
  assert.deepEqual(compiled, {
    ok: false,
    errors: [{ message: "undeclared reference to 'nobody'", line: 2, column: 3 }],
  });
  const number = compile('123', groupEnvironment(['m1']));
  assert.equal(number.ok && formatType(number.type), 'int');
});

/** Long runs of small terms: nothing that the checker does for one of them may depend on how many there are. */
for (const term of [
  '1+1==2',
  '[1]==[2]',
  '[].size()==0',
  '[1].min()==1',
  'nobody==1',
  'optional.none()==optional.of(1)',
]) {
  test(`a text of the greatest length compiles within seconds: ${term}`, () => {
    const source = Array.from({ length: Math.floor(99_000 / (term.length + 2)) }, () => term).join('&&');
    const started = performance.now();
    compile(source, MATCH_CONDITIONS);
    assert.ok(performance.now() - started < 5_000, `took ${Math.round(performance.now() - started)} ms`);
  });
}

const text = 'a'.repeat(1_000_000);
const deep = JSON.parse('['.repeat(50) + ']'.repeat(50)) as unknown;
let nested: unknown = {};
for (let level = 0; level < 10_000; level++) nested = { a: nested };

/** Expressions that would take very long, or much memory, if nothing stopped them. */
const HOSTILE: readonly (readonly [string, RegExp])[] = [
  ['text.matches("(a+)+b")', /cost-limit|^false$/],
  ['text.matches("(a*)*(a*)*(a*)*(a*)*c{1,100}")', /cost-limit|invalid-argument|^false$/],
  ['text.replace("a", text).size() > 0', /cost-limit/],
  ['[text, text, text, text].map(x, x + x + x + x + x + x + x + x + x + x).size() > 0', /cost-limit/],
  ['list.all(a, list.all(b, list.all(c, list.all(d, a + b + c + d >= 0))))', /cost-limit/],
  [
    Array.from({ length: 40 }, (_, index) => `cel.bind(x${index + 1}, [x${index}, x${index}], `).join('') +
      'x40 == x40' +
      ')'.repeat(40),
    /cost-limit/,
  ],
  [
    `cel.bind(s1, text + text, ${Array.from({ length: 40 }, (_, index) => `cel.bind(s${index + 2}, s${index + 1} + s${index + 1}, `).join('')}true${')'.repeat(41)}`,
    /cost-limit|true/,
  ],
  ['nested == nested', /depth-limit/],
  ['"%s".format([nested]) == ""', /depth-limit/],
  ['deep == deep', /^true$/],
  ['text.split("").size() > 0', /cost-limit|true/],
  ['text.indexOf(text + "b") == -1', /cost-limit|true/],
  ['list.exists(a, list.exists(b, nothing.x == 1))', /cost-limit/],
  ['list.all(a, list.all(b, many.size() > 0 && list.size() > 0))', /cost-limit/],
  ['list.all(a, many == many)', /cost-limit/],
  ['list.all(a, list.all(b, timestamp("2026-01-01T00:00:00Z").getHours("Europe/Berlin") == 1))', /cost-limit/],
  ['text.matches("(a?){500}(a){500}")', /cost-limit|true/],
];

for (const [source, outcome] of HOSTILE) {
  test(`hostile expression ends soon: ${source.slice(0, 70)}`, () => {
    const list = Array.from({ length: 2_000 }, (_, index) => index);
    const many = Object.fromEntries(list.map((index) => [`k${index}`, index]));
    const variables = { text, list, many, deep, nested, x0: 1, nothing: {} };
    const environment: Environment = {
      ...STANDARD,
      variables: new Map(Object.keys(variables).map((name) => [name, { kind: 'dyn' }])),
    };
    const started = performance.now();
    const result = run(source, variables, environment);
    assert.match(result instanceof CelError ? result.code : JSON.stringify(result), outcome);
    assert.ok(performance.now() - started < 3_000, `took ${Math.round(performance.now() - started)} ms`);
  });
}
