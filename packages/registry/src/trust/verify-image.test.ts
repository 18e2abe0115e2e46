import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { GenericIssuerConstraint, SignatureConstraint, VerificationConfig } from './constraint.ts';
import { TrustError, type TrustErrorCode } from './errors.ts';
import {
  bundleJson,
  keylessLayer,
  keySignedLayer,
  payloadFor,
  statementFor,
  type BundleOptions,
  type TestBundle,
  type TestLayer,
} from './testing/signatures.ts';
import { createSigstore, keyPair, publicPem, type TestSigner, type TestSigstore } from './testing/sigstore.ts';
import { DIGEST, MANIFEST, REF, storeWith, type TestImage } from './testing/store.ts';
import { verifyImage } from './verify-image.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const SUBJECT = 'https://github.com/acme/policies/.github/workflows/release.yml@refs/heads/main';
const OTHER_DIGEST = `sha256:${'0'.repeat(64)}`;

let sigstore: TestSigstore;
let signer: TestSigner;
const key = keyPair();
const otherKey = keyPair();

before(async () => {
  sigstore = await createSigstore();
  signer = await sigstore.certify({ subject: SUBJECT, issuer: ISSUER, repository: 'acme/policies' });
});

function byKey(
  pair: { readonly publicKey: KeyObject } = key,
  annotations?: Record<string, string>,
): SignatureConstraint {
  return { kind: 'pubKey', key: publicPem(pair.publicKey), ...(annotations === undefined ? {} : { annotations }) };
}

const byIdentity: GenericIssuerConstraint = { kind: 'genericIssuer', issuer: ISSUER, subject: { equal: SUBJECT } };

async function verify(image: TestImage, config: Omit<VerificationConfig, 'apiVersion'>, root = sigstore) {
  const client = storeWith(image);
  return verifyImage(REF, { apiVersion: 'v1', ...config }, { client, trustRoot: async () => root.root });
}

async function refused(
  image: TestImage,
  config: Omit<VerificationConfig, 'apiVersion'>,
  code: TrustErrorCode,
  message: RegExp,
): Promise<void> {
  await assert.rejects(verify(image, config), (error: unknown) => {
    assert(error instanceof TrustError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

describe('signatures made with a key', () => {
  const pairs = [
    ['ECDSA P-256', generateKeyPairSync('ec', { namedCurve: 'prime256v1' }), 'sha256'],
    ['ECDSA P-384', generateKeyPairSync('ec', { namedCurve: 'secp384r1' }), 'sha256'],
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
    ['Ed25519', generateKeyPairSync('ed25519'), null],
  ] as const;

  for (const [name, pair, digest] of pairs) {
    test(`${name}, without a trust root`, async () => {
      const payload = payloadFor(DIGEST);
      const signature = sign(digest, payload, pair.privateKey).toString('base64');
      const layers = [{ payload, annotations: { 'dev.cosignproject.cosign/signature': signature } }];
      const client = storeWith({ layers });
      const verified = await verifyImage(REF, { apiVersion: 'v1', allOf: [byKey(pair)] }, { client });
      assert.equal(verified.digest, DIGEST);
      assert(!client.calls.includes('referrers'), 'the tag was enough');
    });
  }

  test('as a bundle, with and without envelope', async () => {
    for (const content of ['dsse', 'message'] as const) {
      const options = { content, rekor: 'none', timestamp: false, manifest: MANIFEST } as const;
      const bundle = await bundleJson(sigstore, { privateKey: key.privateKey }, DIGEST, options);
      for (const artifactType of ['', 'application/vnd.dev.sigstore.bundle.v0.3+json', 'text/plain']) {
        const verified = await verify({ bundles: [bundle], artifactType }, { allOf: [byKey()] });
        assert.match(verified.satisfied[0]?.signature ?? '', /^bundle 1 \(sha256:/);
      }
    }
  });

  test('another key', async () => {
    const image = { layers: [keySignedLayer(otherKey.privateKey, DIGEST)] };
    await refused(
      image,
      { allOf: [byKey()] },
      'missing-signatures',
      /^Image verification failed: missing signatures\n[^]*kind: pubKey[^]*# signature 1 \(sha256:[0-9a-f]{12}\): it was not made with this key/,
    );
  });

  test('annotations are a subset of what was signed', async () => {
    const optional = { env: 'prod', stable: true, build: 7, nested: {}, extra: 'x' };
    const image = { layers: [keySignedLayer(key.privateKey, DIGEST, optional)] };
    await verify(image, { allOf: [byKey(key, { env: 'prod', stable: 'true', build: '7' })] });
    for (const annotations of [{ env: 'test' }, { nested: '' }, { constructor: 'x' }, { env: 'prod', other: '' }]) {
      await refused(image, { allOf: [byKey(key, annotations)] }, 'missing-signatures', /does not carry the annotation/);
    }
    const bundle = await bundleJson(sigstore, { privateKey: key.privateKey }, DIGEST, {
      content: 'dsse',
      rekor: 'none',
      timestamp: false,
      statement: statementFor(DIGEST, { env: 'prod' }),
    });
    await verify({ bundles: [bundle] }, { allOf: [byKey(key, { env: 'prod' })] });
    await refused({ bundles: [bundle] }, { allOf: [byKey(key, { env: 'x' })] }, 'missing-signatures', /env=x/);
  });
});

describe('signatures made with a certificate', () => {
  const wanted: readonly (readonly [string, SignatureConstraint])[] = [
    ['subject', byIdentity],
    ['prefix', { ...byIdentity, subject: { urlPrefix: 'https://github.com/acme/' } }],
    ['owner', { kind: 'githubAction', owner: 'acme' }],
    ['owner and repository', { kind: 'githubAction', owner: 'acme', repo: 'policies' }],
  ];

  for (const [name, constraint] of wanted) {
    test(`${name}: tagged`, async () => {
      await verify({ layers: [await keylessLayer(sigstore, signer, DIGEST)] }, { allOf: [constraint] });
    });
  }

  const bundles: readonly Omit<BundleOptions, 'statement'>[] = [
    { content: 'dsse', rekor: 'v1', timestamp: false },
    { content: 'dsse', rekor: 'v1', timestamp: true },
    { content: 'dsse', rekor: 'v2', timestamp: true },
    { content: 'message', rekor: 'v1', timestamp: false, manifest: MANIFEST },
    { content: 'message', rekor: 'v2', timestamp: true, manifest: MANIFEST },
  ];

  for (const { content, rekor, timestamp, manifest = MANIFEST } of bundles) {
    test(`bundle: ${content}, log ${rekor}${timestamp ? ', timestamp' : ''}`, async () => {
      const bundle = await bundleJson(sigstore, signer, DIGEST, { content, rekor, timestamp, manifest });
      await verify({ bundles: [bundle] }, { allOf: [byIdentity] });
    });
  }

  test('no proof of time, or none of logging', async () => {
    const cases = [
      [{ rekor: 'v2', timestamp: false }, /expected 1 timestamps, got 0/],
      [{ rekor: 'none', timestamp: true }, /expected 1 tlog entries, got 0/],
      [{ rekor: 'none', timestamp: false }, /expected 1 timestamps, got 0/],
    ] as const;
    for (const [options, message] of cases) {
      const bundle = await bundleJson(sigstore, signer, DIGEST, { content: 'dsse', ...options });
      await refused({ bundles: [bundle] }, { allOf: [byIdentity] }, 'missing-signatures', message);
    }
  });

  const identities: readonly (readonly [string, SignatureConstraint, RegExp])[] = [
    ['another issuer', { ...byIdentity, issuer: 'https://issuer.test' }, /certificate issuer is https:\/\/token/],
    ['another subject', { ...byIdentity, subject: { equal: 'x' } }, /certificate subject is https:\/\/github/],
    ['a part of the subject', { ...byIdentity, subject: { equal: 'github.com/acme' } }, /certificate subject/],
    ['a pattern', { ...byIdentity, subject: { equal: '.*' } }, /certificate subject/],
    ['another prefix', { ...byIdentity, subject: { urlPrefix: 'https://github.com/acm/' } }, /certificate subject/],
    ['another owner', { kind: 'githubAction', owner: 'acm' }, /GitHub repository is acme\/policies/],
    ['another repository', { kind: 'githubAction', owner: 'acme', repo: 'policie' }, /GitHub repository is/],
    ['a key', byKey(), /not made with this key/],
  ];
  for (const [name, constraint, message] of identities) {
    test(`${name} is refused`, async () => {
      const layers = [await keylessLayer(sigstore, signer, DIGEST)];
      await refused({ layers }, { allOf: [constraint] }, 'missing-signatures', message);
    });
  }

  test('a subject that climbs out of a prefix', async () => {
    for (const subject of [
      'https://github.com/acme/../evil/x',
      'https://github.com/acme/%2e%2e/evil',
      'https://github.com/acmes/x',
    ]) {
      const climber = await sigstore.certify({ subject, issuer: ISSUER });
      const layers = [await keylessLayer(sigstore, climber, DIGEST)];
      const constraint = { ...byIdentity, subject: { urlPrefix: 'https://github.com/acme/' } };
      await refused({ layers }, { allOf: [constraint] }, 'missing-signatures', /certificate subject/);
    }
  });

  test('GitHub identities need GitHub', async () => {
    for (const [subject, issuer, message] of [
      ['https://gitlab.com/acme/x', ISSUER, /certificate subject/],
      ['https://github.com.evil.test/acme/x', ISSUER, /certificate subject/],
      [SUBJECT, 'https://issuer.test', /certificate issuer/],
    ] as const) {
      const other = await sigstore.certify({ subject, issuer, repository: 'acme/policies' });
      const layers = [await keylessLayer(sigstore, other, DIGEST)];
      await refused({ layers }, { allOf: [{ kind: 'githubAction', owner: 'acme' }] }, 'missing-signatures', message);
    }
  });

  test('a certificate that names two issuers', async () => {
    const torn = await sigstore.certify({ subject: SUBJECT, issuer: ISSUER, otherIssuer: 'https://issuer.test' });
    const layers = [await keylessLayer(sigstore, torn, DIGEST)];
    await refused({ layers }, { allOf: [byIdentity] }, 'missing-signatures', /names two issuers/);
  });

  test('another Sigstore, and certificates that no log has seen', async () => {
    const other = await createSigstore();
    const stranger = await other.certify({ subject: SUBJECT, issuer: ISSUER });
    const layers = [await keylessLayer(sigstore, stranger, DIGEST)];
    await refused({ layers }, { allOf: [byIdentity] }, 'missing-signatures', /certificate chain/);
    const unlogged = [await keylessLayer(other, signer, DIGEST)];
    await refused({ layers: unlogged }, { allOf: [byIdentity] }, 'missing-signatures', /inclusion promise/);
    const careless = await createSigstore({ withoutCertificateLog: true });
    const unseen = await careless.certify({ subject: SUBJECT, issuer: ISSUER });
    const image = { layers: [await keylessLayer(careless, unseen, DIGEST)] };
    await assert.rejects(verify(image, { allOf: [byIdentity] }, careless), /expected 1 SCTs, got 0/);
  });
});

describe('a changed layer', () => {
  const name = 'dev.cosignproject.cosign/signature';
  const log = 'dev.sigstore.cosign/bundle';
  const certificate = 'dev.sigstore.cosign/certificate';

  function changeLog(change: (payload: Record<string, unknown>, log: Record<string, unknown>) => void) {
    return ({ payload, annotations }: TestLayer): TestLayer => {
      const document = JSON.parse(annotations[log] ?? '');
      change(document.Payload, document);
      return { payload, annotations: { ...annotations, [log]: JSON.stringify(document) } };
    };
  }
  const annotate = (change: Record<string, string>) => (layer: TestLayer) => ({
    ...layer,
    annotations: { ...layer.annotations, ...change },
  });

  const changes: readonly (readonly [string, (layer: TestLayer) => TestLayer | Promise<TestLayer>, RegExp])[] = [
    ['payload: another image', (it) => ({ ...it, payload: payloadFor(OTHER_DIGEST) }), /names another image digest/],
    [
      'payload: a byte more',
      (it) => ({ ...it, payload: Buffer.concat([it.payload, Buffer.from(' ')]) }),
      /digest mismatch/,
    ],
    ['payload: not JSON', (it) => ({ ...it, payload: Buffer.from('{') }), /payload is not JSON/],
    ['payload: a list', (it) => ({ ...it, payload: Buffer.from('[]') }), /not a JSON object/],
    ['payload: not UTF-8', (it) => ({ ...it, payload: Buffer.of(0xff) }), /not UTF-8/],
    ['signature: gone', annotate({ [name]: '' }), /signature annotation is missing/],
    ['signature: spaces', (it) => annotate({ [name]: ` ${it.annotations[name]}` })(it), /not base64/],
    [
      'signature: of another layer',
      () =>
        keylessLayer(sigstore, signer, DIGEST, { a: 1 }).then(async (other) => ({
          ...(await keylessLayer(sigstore, signer, DIGEST)),
          annotations: other.annotations,
        })),
      /digest mismatch/,
    ],
    ['certificate: gone', annotate({ [certificate]: '' }), /made with a key/],
    ['certificate: no certificate', annotate({ [certificate]: 'x' }), /not a PEM certificate/],
    ['log: gone', annotate({ [log]: '' }), /expected 1 timestamps, got 0/],
    ['log: not JSON', annotate({ [log]: 'x' }), /log annotation is not JSON/],
    ['log: no payload', annotate({ [log]: '{}' }), /no payload/],
    [
      'log: another time',
      changeLog((it) => (it['integratedTime'] = Number(it['integratedTime']) + 1)),
      /inclusion promise/,
    ],
    ['log: another index', changeLog((it) => (it['logIndex'] = Number(it['logIndex']) + 1)), /inclusion promise/],
    ['log: another log', changeLog((it) => (it['logID'] = '0'.repeat(64))), /inclusion promise/],
    ['log: a broken name', changeLog((it) => (it['logID'] = 'x')), /names no log/],
    ['log: a broken time', changeLog((it) => (it['integratedTime'] = '1')), /no usable integratedTime/],
    ['log: another body', changeLog((it) => (it['body'] = Buffer.from('{}').toString('base64'))), /inclusion promise/],
    ['log: another promise', changeLog((_, it) => (it['SignedEntryTimestamp'] = 'AAAA')), /inclusion promise/],
    [
      'log: the entry of another signature',
      async (it) => {
        const other = await keylessLayer(sigstore, signer, DIGEST, { other: true });
        return annotate({ [log]: other.annotations[log] ?? '' })(it);
      },
      /signature mismatch/,
    ],
  ];

  for (const [title, change, message] of changes) {
    test(title, async () => {
      const layer = await change(await keylessLayer(sigstore, signer, DIGEST));
      await refused({ layers: [layer] }, { allOf: [byIdentity] }, 'missing-signatures', message);
      // One signature that is broken doesn't hide a good one.
      const good = await keylessLayer(sigstore, signer, DIGEST);
      await verify({ layers: [layer, good] }, { allOf: [byIdentity] });
    });
  }
});

describe('a changed bundle', () => {
  const changes: readonly (readonly [string, (bundle: TestBundle) => unknown, RegExp])[] = [
    ['no JSON', () => '{', /not JSON/],
    ['nothing', () => ({}), /malformed/],
    [
      'two signatures',
      (it) => {
        const [only] = it.dsseEnvelope?.signatures ?? [];
        return { ...it, dsseEnvelope: { ...it.dsseEnvelope, signatures: [only, only] } };
      },
      /malformed|one signature/,
    ],
    ['another payload type', (it) => ({ ...it, dsseEnvelope: { ...it.dsseEnvelope, payloadType: 'x' } }), /no in-toto/],
    [
      'no certificate',
      (it) => ({ ...it, verificationMaterial: { ...it.verificationMaterial, certificate: undefined } }),
      /malformed/,
    ],
    [
      'no log entry',
      (it) => ({ ...it, verificationMaterial: { ...it.verificationMaterial, tlogEntries: [] } }),
      /expected 1/,
    ],
    [
      'a log entry twice',
      (it) => {
        const [only] = it.verificationMaterial.tlogEntries;
        return { ...it, verificationMaterial: { ...it.verificationMaterial, tlogEntries: [only, only] } };
      },
      /duplicate/,
    ],
    [
      'too many log entries',
      (it) => {
        const [only] = it.verificationMaterial.tlogEntries;
        const tlogEntries = Array.from({ length: 9 }, () => only);
        return { ...it, verificationMaterial: { ...it.verificationMaterial, tlogEntries } };
      },
      /more than 8 log entries/,
    ],
  ];
  for (const [title, change, message] of changes) {
    test(title, async () => {
      const bundle = await bundleJson(sigstore, signer, DIGEST, { content: 'dsse', rekor: 'v1', timestamp: false });
      await refused({ bundles: [change(bundle)] }, { allOf: [byIdentity] }, 'missing-signatures', message);
      await verify({ bundles: [change(bundle), bundle] }, { allOf: [byIdentity] });
    });
  }

  const statements: readonly (readonly [string, object, RegExp])[] = [
    ['another image', statementFor(OTHER_DIGEST), /names another image digest/],
    ['no subject', { ...statementFor(DIGEST), subject: [] }, /names another image digest/],
    [
      'an attestation',
      { ...statementFor(DIGEST), predicateType: 'https://slsa.dev/provenance/v1' },
      /an attestation, not a signature/,
    ],
    ['another statement', { ...statementFor(DIGEST), _type: 'x' }, /no in-toto statement/],
  ];
  for (const [title, statement, message] of statements) {
    test(`a statement that is signed well: ${title}`, async () => {
      const options = { content: 'dsse', rekor: 'v1', timestamp: false, statement } as const;
      const bundle = await bundleJson(sigstore, signer, DIGEST, options);
      await refused({ bundles: [bundle] }, { allOf: [byIdentity] }, 'missing-signatures', message);
    });
  }

  test('a bundle over another manifest', async () => {
    const options = { content: 'message', rekor: 'v1', timestamp: false, manifest: Buffer.from('other') } as const;
    const bundle = await bundleJson(sigstore, signer, DIGEST, options);
    await refused({ bundles: [bundle] }, { allOf: [byIdentity] }, 'missing-signatures', /names another image digest/);
  });
});

describe('requirements', () => {
  test('all of them, from both formats', async () => {
    const bundle = await bundleJson(sigstore, signer, DIGEST, { content: 'dsse', rekor: 'v1', timestamp: false });
    const image = { layers: [keySignedLayer(key.privateKey, DIGEST)], bundles: [bundle] };
    const { satisfied } = await verify(image, { allOf: [byKey(), byIdentity] });
    assert.deepEqual(
      satisfied.map(({ signature }) => signature.split(' ')[0]),
      ['signature', 'bundle'],
    );
    await refused(image, { allOf: [byKey(), byKey(otherKey)] }, 'missing-signatures', /missing signatures/);
  });

  test('enough of them', async () => {
    const image = { layers: [keySignedLayer(key.privateKey, DIGEST)] };
    const signatures = [byIdentity, byKey(otherKey), byKey()];
    await verify(image, { anyOf: { minimumMatches: 1, signatures } });
    const unmet = /minimum number of signatures not reached: needed 2, got 1\n[^]*subject: !equal /;
    await refused(image, { anyOf: { minimumMatches: 2, signatures } }, 'constraints-unmet', unmet);
  });

  test('no signature at all', async () => {
    const message = /missing signatures\nno signatures found for image: registry\.test\/policy@sha256:/;
    await refused({}, { allOf: [byKey()] }, 'missing-signatures', message);
  });

  test('nothing to verify is never verified', async () => {
    await refused({}, {}, 'nothing-to-verify', /no constraint/);
    await refused({}, { allOf: [] }, 'nothing-to-verify', /no constraint/);
    await refused({}, { anyOf: { minimumMatches: 0, signatures: [] } }, 'nothing-to-verify', /no constraint/);
  });
});

describe('the trust root', () => {
  test('is refused without, and not asked for by keys', async () => {
    const layers = [await keylessLayer(sigstore, signer, DIGEST), keySignedLayer(key.privateKey, DIGEST)];
    const client = storeWith({ layers });
    const config: VerificationConfig = { apiVersion: 'v1', allOf: [byIdentity] };
    await assert.rejects(verifyImage(REF, config, { client }), {
      code: 'no-trust-root',
      message: /none is configured/,
    });
    const broken = async () => {
      throw new TrustError('no-trust-root', 'no network');
    };
    await assert.rejects(verifyImage(REF, config, { client, trustRoot: broken }), {
      code: 'no-trust-root',
      message: /no network/,
    });
    const never = async () => assert.fail('the root was asked for');
    await verifyImage(REF, { apiVersion: 'v1', allOf: [byKey()] }, { client, trustRoot: never });
    const anyOf = { minimumMatches: 1, signatures: [byIdentity, byKey()] };
    await verifyImage(REF, { apiVersion: 'v1', anyOf }, { client, trustRoot: never });
  });
});

describe('hostile images', () => {
  test('thousands of layers are bounded', async () => {
    const layers = Array.from({ length: 3000 }, (_, index) => keySignedLayer(otherKey.privateKey, DIGEST, { index }));
    layers.push(keySignedLayer(key.privateKey, DIGEST));
    const client = storeWith({ layers });
    await assert.rejects(verifyImage(REF, { apiVersion: 'v1', allOf: [byKey()] }, { client }), (error: Error) => {
      assert.match(error.message, /of 3001 signatures only the first 100 were looked at/);
      assert(error.message.length < 10_000, String(error.message.length));
      return true;
    });
    assert(client.calls.length < 110);
  });

  test('payloads, annotations and bundles are bounded', async () => {
    const layer = keySignedLayer(key.privateKey, DIGEST, { filler: 'x'.repeat(100_000) });
    await refused({ layers: [layer] }, { allOf: [byKey()] }, 'missing-signatures', /larger than 65536 bytes/);
    const annotated = keySignedLayer(key.privateKey, DIGEST);
    annotated.annotations['dev.sigstore.cosign/certificate'] = 'x'.repeat(1_000_000);
    await refused({ layers: [annotated] }, { allOf: [byKey()] }, 'missing-signatures', /too long/);
    await refused({ bundles: ['['.repeat(900_000)] }, { allOf: [byKey()] }, 'missing-signatures', /not JSON/);
    await refused(
      { bundles: [`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`] },
      { allOf: [byKey()] },
      'missing-signatures',
      /malformed/,
    );
  });

  test('a registry that fails is not an image without signatures', async () => {
    const client = storeWith({});
    const failing = { ...client, referrers: async () => Promise.reject(new Error('no route')) };
    const verified = verifyImage(REF, { apiVersion: 'v1', allOf: [byKey()] }, { client: failing });
    await assert.rejects(verified, { code: 'signatures-unavailable', message: /the referrers: no route/ });
  });

  test('blobs are checked again', async () => {
    const layer = keySignedLayer(key.privateKey, DIGEST);
    const client = storeWith({ layers: [layer] });
    const lying = { ...client, blobBytes: async () => Buffer.from('{}') };
    const verified = verifyImage(REF, { apiVersion: 'v1', allOf: [byKey()] }, { client: lying });
    await assert.rejects(verified, /other bytes than the digest names/);
  });
});
