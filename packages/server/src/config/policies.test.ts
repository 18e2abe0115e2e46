import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from './problem.ts';
import { readGatesConfig } from './read.ts';
import type { PoliciesConfig } from './policy-types.ts';

async function read(
  text: string,
  lenient = false,
): Promise<{ policies: PoliciesConfig | undefined; warnings: string[] }> {
  const readFile = (): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode(text));
  const { policies, warnings } = await readGatesConfig({ policies: 'policies.yml' }, { readFile, lenient });
  return { policies, warnings: warnings.map(({ message }) => message) };
}

async function problems(text: string): Promise<string[]> {
  try {
    await read(text);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split('\n');
  }
}

test('a policy with everything, and one with nothing but its module', async () => {
  const { policies } = await read(`
    full:
      module: registry://ghcr.io/x/y:v1
      namespacedName: {namespace: a, name: b}
      policyMode: monitor
      allowedToMutate: true
      settings: {a: 1, big: 9007199254740993, b: [true, null, "x"]}
      contextAwareResources: [{apiVersion: v1, kind: Pod, more: ignored}]
      message: why
      timeoutEvalSeconds: 3
      hostCapabilities: ["oci/*", "*"]
    bare: {module: ghcr.io/x/z, settings: null, message: null}
  `);
  assert.deepEqual(policies?.get('full'), {
    kind: 'policy',
    mode: 'monitor',
    module: 'registry://ghcr.io/x/y:v1',
    allowedToMutate: true,
    settings: '{"a":1,"big":9007199254740993,"b":[true,null,"x"]}',
    contextAwareResources: [{ apiVersion: 'v1', kind: 'Pod' }],
    message: 'why',
    timeoutMs: 3000,
    hostCapabilities: ['oci/*', '*'],
    position: 'policies.yml:3:7',
  });
  assert.deepEqual(policies?.get('bare'), {
    kind: 'policy',
    mode: 'protect',
    module: 'ghcr.io/x/z',
    allowedToMutate: false,
    settings: '{}',
    contextAwareResources: [],
    message: undefined,
    timeoutMs: undefined,
    hostCapabilities: [],
    position: 'policies.yml:12:11',
  });
});

test('a group, in JSON as the controller writes it', async () => {
  const member = { module: 'm', settings: { a: 1 }, timeoutEvalSeconds: null };
  const group = {
    policyMode: 'protect',
    expression: 'b() || a()',
    message: 'm',
    policies: { b: member, a: { module: 'n' } },
    namespacedName: {},
  };
  const { policies } = await read(JSON.stringify({ g: group }));
  const read_ = policies?.get('g');
  assert.ok(read_?.kind === 'group');
  assert.deepEqual([...read_.members.keys()], ['b', 'a'], 'in the order of the file');
  assert.equal(read_.members.get('b')?.settings, '{"a":1}');
  assert.equal(read_.expression, 'b() || a()');
});

test('a server may have no policies', async () => {
  assert.equal((await read('{}')).policies?.size, 0);
});

test('what is wrong is told with its place', async () => {
  const rows: [text: string, problem: string][] = [
    ['{"a/b": {"module": "m"}}', `policies.yml:1:2: ["a/b"]: policy name 'a/b' contains a '/' character`],
    ['{"": {"module": "m"}}', 'policies.yml:1:2: [""]: Not a valid Policy ID: '],
    ['a: 1', 'policies.yml:1:4: a: expected a mapping, found the number 1'],
    ['a: {}', 'policies.yml:1:4: a: expected a policy with `module` or a group with `policies`, found neither'],
    [
      'a: {url: m}',
      'policies.yml:1:4: a: expected a policy with `module` or a group with `policies`, found `url`, which is called `module` now',
    ],
    [
      'a: {module: m, policyMode: Protect}',
      'policies.yml:1:28: a.policyMode: expected protect or monitor, found the string "Protect", did you mean "protect"?',
    ],
    ['a: {module: m, settings: []}', 'policies.yml:1:26: a.settings: expected a mapping, found a list'],
    [
      'a: {module: m, timeoutEvalSeconds: 1.5}',
      'policies.yml:1:36: a.timeoutEvalSeconds: expected a whole number of seconds, found the number 1.5',
    ],
    [
      'a: {module: m, timeoutEvalSeconds: -1}',
      'policies.yml:1:36: a.timeoutEvalSeconds: expected a whole number of seconds, found the number -1',
    ],
    [
      'a: {module: m, contextAwareResources: [{kind: Pod}]}',
      'policies.yml:1:40: a.contextAwareResources[0].apiVersion: expected this field, found none',
    ],
    [
      'a: {expression: "x()", policies: {x: {module: m}}}',
      'policies.yml:1:4: a.message: expected this field, found none',
    ],
    [
      'a: {expression: e, message: m, policies: {x: {module: m, message: n}}}',
      'policies.yml:1:58: a.policies.x.message: unknown field "message"',
    ],
    [
      'a: {expression: e, message: m, policies: {x/y: {module: m}}}',
      `policies.yml:1:43: a.policies["x/y"]: policy name 'x/y' contains a '/' character`,
    ],
    [
      '{"a": {"module": "m"}, "a": {"module": "n"}}',
      'policies.yml:1:24: a: expected each key once, found "a" again (first in line 1)',
    ],
    ['', 'policies.yml:1:1: expected a document, found an empty file'],
    ['[]', 'policies.yml:1:1: expected a mapping, found a list'],
  ];
  for (const [text, problem] of rows) {
    const [first = ''] = await problems(text);
    assert.ok(first.startsWith(problem), `${text}\n  wanted ${problem}\n  found  ${first}`);
  }
});

test('a lenient reader is strict here: keys count as they are written', async () => {
  await assert.rejects(read('a: {Module: m}', true), ConfigError);
});

test('no time at all is the shortest there is, and worth a warning; too much is an hour', async () => {
  const { policies, warnings } = await read(
    '{"a": {"module": "m", "timeoutEvalSeconds": 0}, "b": {"module": "m", "timeoutEvalSeconds": 18446744073709551615}}',
  );
  const timeouts = [...(policies?.values() ?? [])].map((entry) => entry.kind === 'policy' && entry.timeoutMs);
  assert.deepEqual(timeouts, [1, 3_600_000]);
  assert.equal(warnings.length, 1);
});

test('words of YAML 1.1 are texts, in settings and elsewhere', async () => {
  const { policies } = await read('a: {module: x, message: no, settings: {on: yes, off: 010, ok: true}}');
  const policy = policies?.get('a');
  assert.ok(policy?.kind === 'policy');
  assert.equal(policy.message, 'no');
  assert.equal(policy.settings, '{"on":"yes","off":"010","ok":true}');
});
