import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { MODULES } from './policies.ts';
import { heard, review, verdictOf } from './requests.ts';
import { askAt, differing, SKIPPED, start, startsHere } from './server.ts';

/** The file as YAML, entry by entry, and what is said of each that is wrong. */
const WRONG: readonly (readonly [entry: string, says: RegExp | undefined])[] = [
  ['a/b: { module: x.wasm }', /policy name 'a\/b' contains a '\/' character/],
  ["'': { module: x.wasm }", /Not a valid Policy ID: /],
  ['url-only: { url: x.wasm }', /url-only: expected a policy with `module` or a group/],
  ['neither: { policyMode: protect }', /neither: expected a policy with `module` or a group/],
  ['mode: { module: x.wasm, policyMode: Monitor }', /mode\.policyMode: expected protect or monitor/],
  ['mutate: { module: x.wasm, allowedToMutate: "yes" }', /mutate\.allowedToMutate: expected true or false/],
  ['settings: { module: x.wasm, settings: [1] }', /settings\.settings: expected a mapping/],
  ['negative: { module: x.wasm, timeoutEvalSeconds: -1 }', /negative\.timeoutEvalSeconds: /],
  ['fraction: { module: x.wasm, timeoutEvalSeconds: 1.5 }', /fraction\.timeoutEvalSeconds: /],
  ['resources: { module: x.wasm, contextAwareResources: [{ kind: Pod }] }', /resources\.contextAwareResources\[0\]/],
  ['capabilities: { module: x.wasm, hostCapabilities: oci }', /capabilities\.hostCapabilities: expected a list/],
  ['mute: { policies: { m: { module: x.wasm } }, message: m }', /mute\.expression: expected this field/],
  [
    'odd-member: { policies: { m: { module: x.wasm, odd: 1 } }, message: m, expression: m() }',
    /odd-member\.policies\.m\.odd: unknown field/,
  ],
  [
    "deep-member: { policies: { 'a/b': { module: x.wasm } }, message: m, expression: m() }",
    /deep-member\.policies\["a\/b"\]: policy name 'a\/b' contains a '\/' character/,
  ],
  ['unknown: { module: x.wasm, unknown: 1 }', undefined],
];

const PATTERNS: readonly (readonly [pattern: string, says: string | undefined])[] = [
  ["['']", 'invalid pattern: pattern must not be empty'],
  ["['oci*']", 'wildcard'],
  ["['*/oci']", 'wildcard'],
  ["['oci/v1/oci_*']", 'wildcard'],
  ["['nowhere/*']", 'valid options are: crypto, kubernetes, net, oci'],
  ["['oci/v1']", 'oci/v1/*'],
  ["['nowhere', '*']", 'valid options are'],
  ["[' * ', 'nowhere']", undefined],
  ["['oci/*', 'crypto/v1/is_certificate_trusted', 'net/v1/*']", undefined],
];

/** The policies that are served by a file with everything that may be left out, and in every way of writing it. */
const SERVED = (module: string): string => `# a comment
bare: { module: '${module}' }
"unset": { module: "file://${module}", settings: null, hostCapabilities: [], contextAwareResources: [], unknown: { a: 1 } }
given:
  module: &module ${module}
  policyMode: monitor
  settings: { n: 9007199254740993, on: yes, list: [~, 0x10] }
group:
  expression: bare() || bare()
  message: no
  namespacedName: { name: x, namespace: y }
  policies:
    bare: { module: *module }
`;

suite('policies.yml (§2)', { skip: SKIPPED || startsHere }, () => {
  const failure = async (policies: () => string): Promise<string> =>
    start({ policies }).then(
      async ({ stop }) => {
        await stop();
        assert.fail('it has started');
      },
      (error: unknown) => String(error),
    );

  test('everything that is wrong is said, once, with its place', async () => {
    const said = await failure(() => WRONG.map(([entry]) => entry).join('\n'));
    for (const [index, [entry, says]] of WRONG.entries()) {
      const lines = said.split('\n').filter((line) => line.includes(`policies.yml:${index + 1}:`));
      assert.equal(lines.length, says ? 1 : 0, `${entry}: ${said}`);
      if (says) assert.match(lines[0] ?? '', says);
    }
  });

  test('a pattern of capabilities that is none ends every start', async () => {
    const said = await failure(() =>
      PATTERNS.map(([pattern], index) => `p${index}: { module: x.wasm, hostCapabilities: ${pattern} }`).join('\n'),
    );
    for (const [index, [pattern, says]] of PATTERNS.entries()) {
      const start = `bootstrap failure: invalid hostCapabilities pattern for policy p${index}: `;
      const line = said.split('\n').find((each) => each.includes(start));
      if (says === undefined) assert.equal(line, undefined, pattern);
      else assert.ok(line?.includes(says), `${pattern}: ${said}`);
    }
  });

  test(differing('line-by-line', 'something that is no file of policies is none'), async () => {
    for (const text of ['', '[]', 'a: { module: x', 'a: { module: x }\na: { module: x }\n']) {
      assert.match(await failure(() => text), /policies\.yml:\d+:\d+: /, text);
    }
  });

  test('what may be left out is left out, and what nobody knows is not looked at', async () => {
    const { url, stop } = await start({
      policies: (folder) => {
        const module = join(folder, 'echo.wasm');
        writeFileSync(module, MODULES['echo'] ?? '');
        return SERVED(module);
      },
    });
    try {
      const ask = askAt(url);
      assert.deepEqual(heard(await ask('/validate/bare', review())), { ...review(), settings: {} });
      assert.deepEqual(heard(await ask('/validate/unset', review())), { ...review(), settings: {} });
      assert.deepEqual(verdictOf(await ask('/validate/given', review())), { allowed: true });
      const { text } = await ask('/audit/given', review());
      const { response } = JSON.parse(text) as { response: { status: { message: string } } };
      const input = Buffer.from(response.status.message, 'hex').toString();
      assert.ok(input.endsWith('"settings":{"n":9007199254740993,"on":"yes","list":[null,16]}}'), input);
      assert.match((await ask('/validate/group', review())).text, /"allowed":false,"status":\{"message":"no"/);
    } finally {
      await stop();
    }
  });

  test('a file without policies is served', async () => {
    const { url, stop } = await start({ policies: () => '{}' });
    try {
      assert.equal((await askAt(url)('/validate/a', review())).status, 404);
    } finally {
      await stop();
    }
  });
});
