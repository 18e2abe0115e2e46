import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import { CelError, compile, evaluate, MATCH_CONDITIONS } from '@ostiary/cel';
import { startCluster, type Cluster } from '../cluster.ts';

/** Expressions over an object; the API server's own compiler and evaluator say what is right. */
const OBJECT = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'probe', namespace: 'default', labels: { app: 'x', 'example.com/tier': 'web' } },
  data: {
    text: 'Hello, World',
    number: '42',
    list: 'c,a,b',
    empty: '',
    version: '1.10.2',
    when: '2026-02-03T04:05:06Z',
  },
};

const EXPRESSIONS: readonly string[] = [
  // The language.
  'true',
  'object.data.text == "Hello, World"',
  'object.data.missing == "x"',
  'has(object.data.missing)',
  'has(object.data.empty) && !has(object.data.missing)',
  'object.data.missing == "x" || true',
  'true || object.data.missing == "x"',
  'object.data.missing == "x" && false',
  'oldObject == null',
  'object.metadata.labels["example.com/tier"] == "web"',
  '"app" in object.metadata.labels',
  'object.metadata.labels.all(k, k.size() > 2)',
  'object.metadata.labels.exists(k, object.metadata.labels[k] == "web")',
  'object.metadata.labels.exists_one(k, k == "app")',
  '[1, 2, 3].map(x, x * 2) == [2, 4, 6] && [1, 2, 3].filter(x, x > 1).size() == 2',
  '[1, 2, 3].map(x, x > 1, x * 2) == [4, 6]',
  'int(object.data.number) + 1 == 43 && double(object.data.number) / 4.0 == 10.5 && uint(object.data.number) % 5u == 2u',
  'int("9223372036854775807") + 1 > 0',
  '1 / 0 == 1',
  '-7 / 2 == -3 && -7 % 2 == -1',
  '1 == 1.0',
  'dyn(1) == 1.0 && dyn(1) == 1u',
  '[1, 2] + [3] == [1, 2, 3] && {"a": 1} == {"a": 1}',
  'size("héllo") == 5 && "héllo".size() == 5 && size(b"h\\xc3\\xa9") == 4',
  'b"abc" == bytes("abc") && string(b"abc") == "abc"',
  'type(1) == int && type(object.data) == map && type([]) == list && type("") != type(1)',
  'object.data.number == "42" ? true : 1 / 0 == 1',
  'object.data.?missing.orValue("d") == "d" && object.data[?"text"].hasValue()',
  'optional.of(1).value() == 1 && optional.none().or(optional.of(2)).orValue(3) == 2 && optional.ofNonZeroValue(0).hasValue()',
  '{?"a": object.data.?missing, "b": "c"} == {"b": "c"} && [?object.data.?missing] == []',
  'object.data.?text.optMap(t, t.size()).orValue(0) == 12',
  'r"\\d+" == "\\\\d+" && """a"b""" == \'a"b\'',
  '1u - 2u == 0u',
  'request.operation == "CREATE" && request.resource.resource == "configmaps" && request.kind.kind == "ConfigMap"',
  'request.userInfo.groups.exists(g, g == "system:masters")',
  'request.namespace == object.metadata.namespace && request.dryRun == false',
  'request.uid == ""',
  'request.nonsense == ""',
  'params.x == 1',
  'nobody',
  'object.data.text',
  '"a" + 1 == "a1"',
  'object.data.text.nonsense()',
  'size(1) == 1',
  '[1, "a"].size() == 2',
  '1 in [1, 2] && !(3 in [1, 2]) && "a" in {"a": 1}',
  'true && 1',
  'has(object)',
  'cel.bind(x, object.data.text, x + x == "Hello, WorldHello, World")',
  '[1, 2].exists(i, v, i == 1 && v == 2)',
  '[1, 2].all(i, v, v == i + 1) && [5].existsOne(i, v, v == 5)',
  '{"a": 1}.transformMap(k, v, v + 1) == {"a": 2} && [1, 2].transformList(i, v, i * v) == [0, 2]',
  '{"a": 1}.transformMapEntry(k, v, {v: k}) == {1: "a"}',
  'math.greatest(1, 2) == 2',
  'base64.encode(b"a") == "YQ=="',
  'google.protobuf.Timestamp{seconds: 1} == timestamp(1)',
  '`app` == 1',
  // Times.
  'timestamp(object.data.when).getFullYear() == 2026 && timestamp(object.data.when).getMonth() == 1',
  'timestamp(object.data.when).getDayOfWeek() == 2 && timestamp(object.data.when).getHours("Europe/Berlin") == 5',
  'timestamp(object.data.when) + duration("1h") > timestamp("2026-02-03T05:05:05Z")',
  'duration("90m") == duration("1h30m") && duration("1h").getMinutes() == 60 && duration("1.5s").getMilliseconds() == 500',
  'string(duration("90m")) == "5400s" && string(timestamp("2026-01-01T00:00:00.500Z")) == "2026-01-01T00:00:00.5Z"',
  'timestamp("2026-02-30T00:00:00Z").getDate() == 1',
  'duration("nonsense") == duration("1s")',
  // Strings.
  'object.data.text.contains("World") && object.data.text.startsWith("Hello") && object.data.text.endsWith("d")',
  'object.data.text.matches("^H.*d$") && !object.data.text.matches("^x")',
  'object.data.text.matches("(")',
  'object.data.list.split(",") == ["c", "a", "b"] && ["a", "b"].join("-") == "a-b" && object.data.list.split(",", 2) == ["c", "a,b"]',
  '"abc".charAt(1) == "b" && "abcb".indexOf("b") == 1 && "abcb".lastIndexOf("b") == 3 && "abc".substring(1, 2) == "b"',
  '"abc".charAt(9) == ""',
  '"ABC".lowerAscii() == "abc" && "abc".upperAscii() == "ABC" && " a ".trim() == "a" && "aaa".replace("a", "b", 2) == "bba"',
  '"%s %d %.2f %x".format(["a", 1, 1.5, 255]) == "a 1 1.50 ff"',
  '"%d".format(["a"]) == ""',
  'strings.quote("a\\"b") == "\\"a\\\\\\"b\\""',
  '"abc".reverse() == "cba"',
  // Kubernetes' own libraries.
  '[3, 1, 2].min() == 1 && [3, 1, 2].max() == 3 && [1, 2].sum() == 3 && [1, 2].isSorted() && [1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2',
  '["b", "a"].isSorted() || ["a", "b"].max() == "b"',
  '[].min() == 1',
  'object.data.list.find("[ab]") == "a" && object.data.list.findAll("[a-c]") == ["c", "a", "b"] && object.data.list.findAll("[a-c]", 1) == ["c"]',
  'url("https://a.example:80/p?q=1").getHost() == "a.example:80" && url("https://a.example:80/p?q=1").getPort() == "80" && url("https://a.example/p").getScheme() == "https"',
  'url("https://a.example/p%20x?q=1&q=2").getQuery() == {"q": ["1", "2"]} && url("https://a.example/p%20x").getEscapedPath() == "/p%20x"',
  'isURL("https://a.example") && isURL("/a/b") && !isURL("a.example") && !isURL("../a")',
  'url("https://[::1]:80/").getHostname() == "::1" && url("/x").getHost() == "" && url("/x").getScheme() == ""',
  'quantity("1.5Gi").isGreaterThan(quantity("1Gi")) && quantity("1k").compareTo(quantity("1000")) == 0 && isQuantity("20Mi") && !isQuantity("20mb")',
  'quantity("50k").add(quantity("20k")).asInteger() == 70000 && sign(quantity("50k").sub(20)) == 1 && quantity("1.5").isInteger() == false',
  'quantity("0.5").asApproximateFloat() == 0.5 && quantity("1e3") == quantity("1k")',
  'ip("192.168.0.1").family() == 4 && ip("::1").isLoopback() && isIP("10.0.0.1") && !isIP("10.0.0.300") && ip.isCanonical("::1")',
  'ip("10.0.0.1").isGlobalUnicast() && ip("224.0.0.1").isLinkLocalMulticast() && ip("169.254.1.1").isLinkLocalUnicast() && ip("0.0.0.0").isUnspecified()',
  'string(ip("2001:DB8:0:0::1")) == "2001:db8::1" && isIP("::ffff:1.2.3.4") == false && isIP("01.2.3.4") == false',
  'cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.0.0.0/8").containsCIDR(cidr("10.1.0.0/16")) && cidr("10.0.0.0/8").prefixLength() == 8',
  'cidr("10.1.2.3/8").masked() == cidr("10.0.0.0/8") && isCIDR("::/0") && cidr("10.0.0.0/8").ip() == ip("10.0.0.0") && string(cidr("10.0.0.0/8")) == "10.0.0.0/8"',
  'semver(object.data.version).isGreaterThan(semver("1.9.0")) && semver("1.2.3").minor() == 2 && isSemver("1.0.0-rc.1") && !isSemver("1.0")',
  'semver("v1.0", true) == semver("1.0.0") && semver("1.0.0-a").compareTo(semver("1.0.0")) == -1',
  '!format.dns1123Label().validate("good-name").hasValue() && format.dns1123Label().validate("Bad").hasValue()',
  'format.named("dns1123Label").hasValue() && !format.named("nonsense").hasValue()',
  '!format.uuid().validate("123e4567-e89b-12d3-a456-426614174000").hasValue() && format.date().validate("2026-13-01").hasValue()',
  'format.dns1035Label().validate("1a").hasValue() && !format.qualifiedName().validate("a.example/b").hasValue() && !format.labelValue().validate("").hasValue()',
  'sets.contains([1, 2], [1]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])',
  '[[1], [2, 3]].flatten() == [1, 2, 3]',
  'authorizer.group("").resource("pods").namespace("default").check("create").allowed() || true',
  'authorizer.path("/healthz").check("get").allowed() || true',
  'authorizer.requestResource.check("create").allowed() || true',
  'authorizer.serviceAccount("default", "x").group("apps").resource("deployments").subresource("scale").name("n").check("get").reason() == "" || true',
  'authorizer.group("").resource("pods").fieldSelector("spec.nodeName=a").labelSelector("a=b").check("list").errored() || true',
  'authorizer.nonsense()',
];

/** What differs, and why that is so. Anything else that differs is a mistake. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ['google.protobuf.Timestamp{seconds: 1} == timestamp(1)', 'there are no messages here'],
]);

suite('expressions mean what they mean to the API server', () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster?.stop());

  test('the same expressions compile', async (t) => {
    const different: string[] = [];
    for (const expression of EXPRESSIONS) {
      const webhook = {
        name: 'a.b.example',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: { url: 'https://127.0.0.1:1/' },
        matchConditions: [{ name: 'c', expression }],
      };
      const { status, body } = await cluster.request({
        path: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations?dryRun=All',
        method: 'POST',
        body: {
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'ValidatingWebhookConfiguration',
          metadata: { name: 'c' },
          webhooks: [webhook],
        },
      });
      const compiled = compile(expression, MATCH_CONDITIONS);
      const ours = compiled.ok && compiled.type.kind === 'bool';
      if (ours === (status === 201) || KNOWN.has(expression)) continue;
      const why = compiled.ok ? JSON.parse(body).message : compiled.errors[0]?.message;
      different.push(`${expression}: ${ours ? 'only we take it' : 'only the API server takes it'}: ${why}`);
    }
    t.diagnostic(`${EXPRESSIONS.length} expressions`);
    assert.deepEqual(different, []);
  });

  test('those that compile have the same value', async (t) => {
    const known = EXPRESSIONS.filter((expression) => {
      const compiled = compile(expression, MATCH_CONDITIONS);
      return (
        compiled.ok && compiled.type.kind === 'bool' && !expression.includes('authorizer') && !KNOWN.has(expression)
      );
    });
    const theirs = await evaluateThere(cluster, known);
    const request = {
      operation: 'CREATE',
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      namespace: 'default',
      dryRun: false,
      userInfo: { username: 'admin', groups: ['system:masters'] },
    };
    const different = known.filter((expression, index) => {
      const compiled = compile(expression, MATCH_CONDITIONS);
      assert.ok(compiled.ok);
      const value = evaluate(compiled, { object: OBJECT, oldObject: null, request });
      return (value instanceof CelError ? 'error' : value) !== theirs[index];
    });
    t.diagnostic(`${known.length} values`);
    assert.deepEqual(
      different.map((expression) => `${expression}: the API server says ${theirs[known.indexOf(expression)]}`),
      [],
    );
  });
});

/** Lets the API server evaluate expressions: as a policy that only warns, so that one request tells of all of them. */
async function evaluateThere(
  cluster: Cluster,
  expressions: readonly string[],
): Promise<readonly (boolean | 'error')[]> {
  const group = '/apis/admissionregistration.k8s.io/v1';
  const found: (boolean | 'error')[] = [];
  // A policy has a budget for all of its expressions together.
  for (let start = 0; start < expressions.length; start += 20) {
    const slice = expressions.slice(start, start + 20);
    const name = `probe-${start}`;
    const resourceRules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }];
    const validations = [
      { expression: 'false', message: 'case ready' },
      ...slice.map((expression, index) => ({ expression, message: `case ${index} false` })),
    ];
    const policy = await cluster.request({
      path: `${group}/validatingadmissionpolicies`,
      method: 'POST',
      body: {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name },
        spec: { matchConstraints: { resourceRules }, validations },
      },
    });
    assert.equal(policy.status, 201, policy.body);
    const binding = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Warn'] },
    };
    const bound = await cluster.request({
      path: `${group}/validatingadmissionpolicybindings`,
      method: 'POST',
      body: binding,
    });
    assert.equal(bound.status, 201, bound.body);
    const warnings = await warningsOf(cluster, name);
    found.push(...slice.map((expression, index) => verdictOf(warnings, expression, index)));
    await cluster.request({ path: `${group}/validatingadmissionpolicybindings/${name}`, method: 'DELETE' });
  }
  return found;
}

function verdictOf(warnings: string, expression: string, index: number): boolean | 'error' {
  if (warnings.includes(`case ${index} false`)) return false;
  return warnings.includes(`expression '${expression}' resulted in error`) ? 'error' : true;
}

async function warningsOf(cluster: Cluster, policy: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { stderr } = await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(OBJECT) });
    await cluster.kubectl(['delete', 'configmap', 'probe']);
    if (stderr.includes(`'${policy}'`) && stderr.includes('case ready')) return stderr;
    await sleep(200);
  }
  assert.fail('the policy never became active');
}
