import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { VerificationConfigError } from './errors.ts';
import { verificationConfigFromFlags, type VerificationFlags } from './flags.ts';
import { parseVerificationConfig } from './parse-config.ts';
import { keyPair, publicPem } from './testing/sigstore.ts';

const PEM = publicPem(keyPair().publicKey);
const KEY = JSON.stringify(PEM);

function problemsOf(text: string): readonly string[] {
  try {
    parseVerificationConfig(text, 'v.yml');
  } catch (error) {
    assert(error instanceof VerificationConfigError);
    return error.problems.map(({ line, column, field, message }) => `${line}:${column} ${field} ${message}`);
  }
  return [];
}

test('a whole configuration', () => {
  const text = `
apiVersion: v1
allOf:
  - kind: githubAction
    owner: kubewarden
    repo: null
    annotations: { env: prod, stable: true, build: 1.10 }
  - { kind: genericIssuer, issuer: "https://i.test", subject: { urlPrefix: "https://github.com/acme" } }
anyOf:
  minimumMatches: 1
  signatures:
    - { kind: pubKey, owner: me, key: ${KEY} }
    - { kind: genericIssuer, issuer: "https://i.test", subject: { equal: me@example.com } }
`;
  assert.deepEqual(parseVerificationConfig(text, 'v.yml'), {
    apiVersion: 'v1',
    allOf: [
      { kind: 'githubAction', owner: 'kubewarden', annotations: { env: 'prod', stable: 'true', build: '1.10' } },
      { kind: 'genericIssuer', issuer: 'https://i.test', subject: { urlPrefix: 'https://github.com/acme/' } },
    ],
    anyOf: {
      minimumMatches: 1,
      signatures: [
        { kind: 'pubKey', owner: 'me', key: PEM },
        { kind: 'genericIssuer', issuer: 'https://i.test', subject: { equal: 'me@example.com' } },
      ],
    },
  });
});

const ONE = `{ kind: githubAction, owner: acme }`;

const accepted = [
  `allOf: [${ONE}]`,
  `{"allOf":[{"kind":"githubAction","owner":"acme"}],"anyOf":null}`,
  `anyOf: { signatures: [${ONE}] }`,
  `allOf: []\nanyOf: { signatures: [${ONE}] }`,
  `allOf: [&a ${ONE}, *a]`,
];
for (const text of accepted) test(`accepts ${text}`, () => assert.deepEqual(problemsOf(text), []));

const refused: readonly (readonly [string, RegExp])[] = [
  ['', /1:1 +expected a mapping, found nothing/],
  ['[]', /expected a mapping, found a list/],
  ['apiVersion: v1', /expected `allOf`, `anyOf` or both/],
  ['apiVersion: v1\nallOf: null', /expected `allOf`, `anyOf` or both/],
  ['apiVersion: v1\nallOf: []', /2:8 allOf .*would accept any module/],
  ['anyOf: { minimumMatches: 0, signatures: [] }', /minimumMatches expected a whole number from 1 to 255, found "0"/],
  ['anyOf: { signatures: [] }', /anyOf\.signatures expected at least 1 signatures to match, found 0/],
  [`anyOf: { minimumMatches: 2, signatures: [${ONE}] }`, /expected at least 2 signatures/],
  ['anyOf: {}', /anyOf\.signatures missing field `signatures`/],
  [`allOf: [${ONE}]\nextra: 1`, /2:1 extra unknown field `extra`/],
  ['allOf: [{ owner: x }]', /allOf\[0\]\.kind missing field `kind`/],
  ['allOf: [{ kind: other }]', /kind expected one of pubKey, genericIssuer, githubAction, found "other"/],
  ['allOf: [{ kind: genericIssuer, issuer: x }]', /missing field `subject`/],
  ['allOf: [{ kind: genericIssuer, issuer: x, subject: {} }]', /either `equal` or `urlPrefix`/],
  ['allOf: [{ kind: genericIssuer, issuer: x, subject: { equal: a, urlPrefix: b } }]', /either/],
  ['allOf: [{ kind: genericIssuer, issuer: x, subject: !equal a }]', /expected a mapping/],
  ['allOf: [{ kind: genericIssuer, issuer: x, subject: { equal: "" } }]', /expected some text/],
  ['allOf: [{ kind: genericIssuer, issuer: x, subject: { urlPrefix: "github.com/x" } }]', /expected a URL/],
  ['allOf: [{ kind: genericIssuer, issuer: x, subject: { urlPrefix: "https://a@h/?q" } }]', /expected a URL/],
  ['allOf: [{ kind: githubAction, owner: x, key: y }]', /allOf\[0\]\.key unknown field `key`/],
  ['allOf: [{ kind: pubKey, key: nonsense }]', /allOf\[0\]\.key expected a public key in PEM/],
  [`allOf: [${ONE}]\nallOf: [${ONE}]`, /2:1 allOf expected each key once/],
  ['allOf: [', /invalid YAML/],
  ['['.repeat(2000), /nested more than 500 deep/],
  [`allOf: [${Array.from({ length: 300 }, () => ONE).join(',')}]`, /at most 255 signatures/],
  [' '.repeat(300_000), /at most 262144 characters/],
];
for (const [text, message] of refused) {
  test(`refuses ${text.slice(0, 80)}`, () => assert.match(problemsOf(text).join('\n'), message));
}

test('every problem at once', () => {
  const text = 'apiVersion: v1\nallOf:\n  - kind: pubKey\n  - kind: githubAction\n    owner: ""\nanyOf: 5\nmore: 1\n';
  assert.deepEqual(
    problemsOf(text).map((problem) => problem.split(' ')[0]),
    ['7:1', '3:5', '5:12', '6:8'],
  );
});

test('an unknown version has its own error', () => {
  assert.throws(() => parseVerificationConfig(`apiVersion: v2\nallOf: [${ONE}]`, 'v.yml'), {
    code: 'unsupported-version',
    message: /^Not a supported configuration version: v2/,
  });
  assert.throws(() => parseVerificationConfig('allOf: 1', 'v.yml'), {
    code: 'invalid',
    message: /^Not a valid configuration file:\n {2}v\.yml:1:8: allOf: expected a list/,
  });
});

test('keys that can verify nothing are refused', () => {
  const keys = [
    publicPem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey),
    publicPem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
    publicPem(generateKeyPairSync('x25519').publicKey),
    keyPair().privateKey.export({ format: 'pem', type: 'pkcs8' }),
    '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
  ];
  for (const key of keys) {
    assert.equal(problemsOf(JSON.stringify({ allOf: [{ kind: 'pubKey', key }] })).length, 1, key);
  }
});

test('whatever the text, a configuration or a VerificationConfigError comes of it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (text) => {
      problemsOf(text);
    }),
    { numRuns: 40 },
  );
});

const flags: readonly (readonly [VerificationFlags, unknown])[] = [
  [{}, undefined],
  [{ configPath: 'v.yml' }, undefined],
  [
    { keys: ['k'], annotations: ['a=b=c'], certEmail: 'me', certOidcIssuer: 'i', githubOwner: 'o', githubRepo: 'r' },
    [
      { kind: 'genericIssuer', issuer: 'i', subject: { equal: 'me' }, annotations: { a: 'b=c' } },
      { kind: 'githubAction', owner: 'o', repo: 'r', annotations: { a: 'b=c' } },
      { kind: 'pubKey', key: PEM, annotations: { a: 'b=c' } },
    ],
  ],
  [{ annotations: ['a=b'] }, /annotations alone/],
  [{ githubRepo: 'r' }, /needs a GitHub owner/],
  [{ certEmail: 'me' }, /together/],
  [{ certOidcIssuer: 'i' }, /together/],
  [{ keys: ['k'], annotations: ['oops'] }, /expected NAME=VALUE/],
  [{ keys: ['missing'] }, /cannot read verification key missing: No such file or directory/],
  [{ keys: ['bad'] }, /verification key bad: expected a public key/],
  [{ keys: ['k'], configPath: 'v.yml' }, /cannot be combined/],
];
for (const [given, expected] of flags) {
  test(`flags ${JSON.stringify(given)}`, async () => {
    const read = async (path: string): Promise<string> => {
      if (path === 'missing') throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
      return path === 'k' ? PEM : 'x';
    };
    const config = verificationConfigFromFlags(given, read);
    if (expected instanceof RegExp) await assert.rejects(config, { code: 'flags', message: expected });
    else assert.deepEqual((await config)?.allOf, expected);
  });
}
