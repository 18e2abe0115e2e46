import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WasmError } from '@ostiary/wasm';
import { artifactHubPackage } from './artifact-hub.ts';
import { MetadataError } from './errors.ts';
import { writeCustomSection } from './module-sections.ts';
import { ociAnnotations } from './oci-annotations.ts';
import { parseMetadataYaml } from './parse-file.ts';
import { EXECUTION_MODES, OPERATIONS, POLICY_TYPES, type PolicyMetadata } from './policy-metadata.ts';
import { METADATA_SECTION, readMetadata, writeMetadata } from './section.ts';

const HEADER = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
/** A module with an empty type section, between two sections that nobody here knows. */
const MODULE = Buffer.concat([
  HEADER,
  writeCustomSection('before', Buffer.from('b')),
  Uint8Array.of(1, 1, 0),
  writeCustomSection('after', Buffer.from('a')),
]);

function moduleWith(content: string | Uint8Array, ...more: string[]): Uint8Array {
  const sections = [content, ...more].map((it) => writeCustomSection(METADATA_SECTION, Buffer.from(it)));
  return Buffer.concat([MODULE, ...sections]);
}

const MINIMAL = `
rules: [{apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"]}]
mutating: false
executionMode: wasi
annotations: { io.kubewarden.policy.title: my-policy, io.kubewarden.policy.version: 0.1.0 }
`;

test('the minimal file, with its defaults', () => {
  assert.deepEqual(parseMetadataYaml(MINIMAL, 'metadata.yml'), {
    rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
    annotations: { 'io.kubewarden.policy.title': 'my-policy', 'io.kubewarden.policy.version': '0.1.0' },
    mutating: false,
    backgroundAudit: true,
    executionMode: 'wasi',
    policyType: 'kubernetes',
    contextAwareResources: [],
  });
});

const accepted = [
  'rules: []\nmutating: true\nunknown: [1, 2]\ncontextAware: true',
  'rules: []\nmutating: true\npolicyType: raw\nminimumKubewardenVersion: 1.20.0-rc.1\nhostCapabilities: [b, a, a]',
  'rules: []\nmutating: true\nannotations: ~\ncontextAwareResources: null',
  `{"rules":[{"apiGroups":["*"],"apiVersions":["*"],"resources":["*","pods/log","a/*"],"operations":["*"],"x":1}],"mutating":false}`,
  'rules: [{apiGroups: [a], apiVersions: [v1], resources: [a, a/b, a/*, "*/c"], operations: [CREATE, UPDATE]}]\nmutating: false',
];
for (const text of accepted) {
  test(`accepts ${text.slice(0, 60)}`, () => {
    parseMetadataYaml(text, 'm.yml');
  });
}

function rule(fields: string): string {
  const defaults = { apiGroups: '[""]', apiVersions: '[v1]', resources: '[pods]', operations: '[CREATE]' };
  const [name = ''] = fields.split(':');
  const entries = Object.entries(defaults).filter(([field]) => field !== name);
  return `mutating: false\nrules: [{${[...entries.map(([field, value]) => `${field}: ${value}`), fields].join(', ')}}]`;
}

const refused: readonly (readonly [string, RegExp])[] = [
  ['mutating: true', /missing field `rules`/],
  ['rules: []', /missing field `mutating`/],
  ['rules: []\nmutating: yes', /m\.yml:2:11: mutating: expected true or false, found "yes"/],
  ['rules: []\nmutating: true\nexecutionMode: wapc', /expected one of kubewarden-wapc, opa, gatekeeper, wasi/],
  ['rules: []\nmutating: true\npolicyType: x', /expected one of kubernetes, raw/],
  ['rules: []\nmutating: true\nminimumKubewardenVersion: 1.2', /expected a version such as 1\.2\.3/],
  ['rules: []\nmutating: true\nannotations: { a: [] }', /annotations\.a: expected a string, found a list/],
  ['rules: []\nmutating: true\ncontextAwareResources: [{apiVersion: v1}]', /contextAwareResources\[0\]\.kind: missing/],
  ['rules: []\nmutating: true\ncontextAwareResources: [{apiVersion: "", kind: Pod}]', /expected some text/],
  [rule('apiGroups: []'), /rules\[0\]\.apiGroups: expected at least one group/],
  [rule('apiVersions: [""]'), /a version must not be empty/],
  [rule('apiVersions: [v1, "*"]'), /'\*' must be the only entry/],
  [rule('operations: ["*", CREATE]'), /'\*' must be the only entry/],
  [rule('operations: [PATCH]'), /operations\[0\]: expected one of CREATE/],
  [rule('operations: []'), /expected at least one operation/],
  [rule('resources: []'), /expected at least one resource/],
  [rule('resources: [""]'), /a resource must not be empty/],
  [rule('resources: ["*/*", pods/log]'), /'\*\/\*' must be the only entry/],
  [rule('resources: ["*", pods]'), /'\*' already covers/],
  [rule('resources: [pods/*, pods/log]'), /'pods\/\*' already covers 'pods\/log'/],
  [rule('resources: ["*/log", pods/log]'), /'\*\/log' already covers 'pods\/log'/],
  ['rules: [1]\nmutating: 5', /rules\[0\]: expected a mapping[^]*mutating: expected true or false/],
];
for (const [text, message] of refused) {
  test(`refuses ${text.slice(0, 110)}`, () => {
    assert.throws(() => parseMetadataYaml(text, 'm.yml'), { name: 'MetadataError', code: 'invalid', message });
  });
}

test('aliases that repeat a document endlessly are stopped', () => {
  const many = Array.from({ length: 2000 }, () => 'pods').join(',');
  const rules = Array.from({ length: 2000 }, () => '*r').join(',');
  const first = `&r {apiGroups: [""], apiVersions: [v1], resources: [${many}], operations: [CREATE]}`;
  const text = `mutating: false\nrules: [${first}, ${rules}]`;
  assert.throws(() => parseMetadataYaml(text, 'm.yml'), /aliases repeat too much/);
  assert.throws(() => parseMetadataYaml('&a [*a]', 'm.yml'), MetadataError);
});

test('a module without metadata', () => {
  assert.equal(readMetadata(MODULE), undefined);
  assert.equal(readMetadata(HEADER), undefined);
});

test('metadata is written as the last section, and replaces what was there', () => {
  const metadata = parseMetadataYaml(MINIMAL, 'm.yml');
  const once = writeMetadata(MODULE, metadata);
  assert(Buffer.from(once).subarray(0, MODULE.length).equals(MODULE));
  assert(WebAssembly.validate(Buffer.from(once)));
  assert.deepEqual(readMetadata(once), { protocolVersion: 'Unknown', ...metadata });
  assert.deepEqual(writeMetadata(once, metadata), once);
  assert.deepEqual(writeMetadata(moduleWith('garbage', '{}'), metadata), once);
  const text = Buffer.from(once).subarray(MODULE.length).toString('latin1');
  assert.equal(
    text.slice(text.indexOf('{')),
    '{"protocolVersion":"Unknown","rules":[{"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"],' +
      '"operations":["CREATE"]}],"annotations":{"io.kubewarden.policy.title":"my-policy",' +
      '"io.kubewarden.policy.version":"0.1.0"},"mutating":false,"backgroundAudit":true,"executionMode":"wasi",' +
      '"policyType":"kubernetes","contextAwareResources":[]}',
  );
});

test('the first section counts, and its rules are not judged', () => {
  const odd =
    '{"protocolVersion":"v1","rules":[{"apiGroups":["*","a"],"apiVersions":[],"resources":[""],"operations":["*"]}],"mutating":true}';
  const metadata = readMetadata(moduleWith(odd, '{}'));
  assert.equal(metadata?.protocolVersion, 'v1');
  assert.deepEqual(metadata?.rules[0]?.resources, ['']);
});

const malformed: readonly (readonly [string | Uint8Array, RegExp])[] = [
  ['', /expected JSON/],
  ['{', /expected JSON/],
  ['null', /expected a mapping/],
  ['[]', /expected a mapping/],
  ['{}', /rules: missing field `rules`\n {2}mutating: missing field `mutating`/],
  ['{"rules":{},"mutating":true}', /rules: expected a list/],
  ['{"rules":[],"mutating":true,"executionMode":"x"}', /executionMode: expected one of/],
  ['{"rules":[],"mutating":true,"contextAwareResources":[{"apiVersion":"v1"}]}', /contextAwareResources\[0\]\.kind/],
  [Uint8Array.of(0xff), /not UTF-8/],
  [`{"rules":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /nested more than 64 deep/],
  [`"${'x'.repeat(1_100_000)}"`, /at most 1048576 characters/],
];
for (const [content, message] of malformed) {
  test(`refuses the section ${String(content).slice(0, 60)}`, () => {
    assert.throws(() => readMetadata(moduleWith(content)), { code: 'malformed', message });
  });
}

const texts = fc.array(fc.string(), { maxLength: 3 });
const arbitraryMetadata: fc.Arbitrary<PolicyMetadata> = fc
  .record(
    {
      protocolVersion: fc.constantFrom('v1' as const, 'Unknown' as const),
      rules: fc.array(
        fc.record({
          apiGroups: texts,
          apiVersions: texts,
          resources: texts,
          operations: fc.array(fc.constantFrom(...OPERATIONS), { maxLength: 3 }),
        }),
        { maxLength: 3 },
      ),
      annotations: fc.dictionary(fc.string(), fc.string()),
      mutating: fc.boolean(),
      backgroundAudit: fc.boolean(),
      executionMode: fc.constantFrom(...EXECUTION_MODES),
      policyType: fc.constantFrom(...POLICY_TYPES),
      contextAwareResources: fc.constant([{ apiVersion: 'v1', kind: 'Pod' }]),
      hostCapabilities: fc.constant(['a', 'b']),
      minimumKubewardenVersion: fc.constant('1.2.3'),
    },
    {
      requiredKeys: [
        'protocolVersion',
        'rules',
        'mutating',
        'backgroundAudit',
        'executionMode',
        'policyType',
        'contextAwareResources',
      ],
    },
  )
  // Records without prototype are equal in content, but not to the strict comparison.
  .map((metadata) => structuredClone(metadata));

test('what is written is read again', () => {
  fc.assert(
    fc.property(arbitraryMetadata, (metadata) => {
      assert.deepEqual(readMetadata(writeMetadata(MODULE, metadata)), metadata);
    }),
  );
});

test('whatever the bytes, metadata or a typed error comes of them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, framed) => {
      try {
        readMetadata(framed ? moduleWith(bytes) : Buffer.concat([HEADER, bytes]));
      } catch (error) {
        assert(error instanceof MetadataError || error instanceof WasmError, String(error));
      }
    }),
  );
});

test('annotations of a manifest', () => {
  const base = parseMetadataYaml('rules: []\nmutating: false', 'm.yml');
  const annotations = {
    'io.kubewarden.policy.title': '  t\n',
    'io.kubewarden.policy.usage': 'a\nb',
    'io.kubewarden.policy.source': 'https://x.test',
  };
  assert.deepEqual(ociAnnotations({ ...base, annotations }), {
    annotations: {
      'io.kubewarden.policy.title': 't',
      'io.kubewarden.policy.source': 'https://x.test',
      'org.opencontainers.image.source': 'https://x.test',
    },
    omitted: ['io.kubewarden.policy.usage'],
  });
  assert.deepEqual(ociAnnotations(undefined), { annotations: {}, omitted: [] });
  const own = { ...annotations, 'org.opencontainers.image.source': 'https://y.test' };
  const written = ociAnnotations({ ...base, annotations: own }).annotations;
  assert.equal(written['org.opencontainers.image.source'], 'https://y.test');
});

const HUB = {
  'io.kubewarden.policy.version': '0.2.0',
  'io.kubewarden.policy.title': 'p',
  'io.kubewarden.policy.description': 'd',
  'io.kubewarden.policy.ociUrl': 'ghcr.io/acme/p',
  'io.artifacthub.displayName': 'P',
};

function hub(annotations: Record<string, string>, questions?: string): string {
  const metadata = { ...parseMetadataYaml(MINIMAL, 'm.yml'), annotations };
  return artifactHubPackage({ metadata, questions, createdAt: new Date('2026-01-02T03:04:05Z') });
}

test('a package description', () => {
  const text = hub({
    ...HUB,
    'io.kubewarden.policy.source': 'https://github.com/acme/p',
    'io.kubewarden.policy.author': 'Ada <ada@example.com>, "B, C" <c@example.com>, d@example.com',
    'io.artifacthub.keywords': 'a, b',
  });
  assert.match(text, /^(#.*\n){6}version: 0\.2\.0\nname: p\ndisplayName: P\ncreatedAt: 2026-01-02T03:04:05\.000Z\n/);
  assert.match(text, /image: ghcr\.io\/acme\/p:v0\.2\.0\n/);
  assert.match(text, /url: https:\/\/github\.com\/acme\/p\/releases\/download\/v0\.2\.0\/policy\.wasm/);
  assert.match(text, /name: B, C\n {4}email: c@example\.com\n/);
  assert.match(text, /kubewarden\/mutation: "false"/);
});

const incomplete: readonly (readonly [Record<string, string>, string | undefined, RegExp])[] = [
  [{}, undefined, /policy\.version is missing; .*ociUrl is missing/],
  [{ ...HUB, 'io.kubewarden.policy.version': 'v1' }, undefined, /is not a version/],
  [{ ...HUB, 'io.artifacthub.keywords': 'a,,b' }, undefined, /empty keyword/],
  [{ ...HUB, 'io.kubewarden.policy.author': 'Ada' }, undefined, /list of e-mail addresses/],
  [{ ...HUB, 'io.kubewarden.policy.source': 'x' }, undefined, /not a URL/],
  [HUB, ' ', /questions file is empty/],
];
for (const [annotations, questions, message] of incomplete) {
  test(`no package description: ${message.source}`, () => {
    assert.throws(() => hub(annotations, questions), { code: 'incomplete', message });
  });
}
