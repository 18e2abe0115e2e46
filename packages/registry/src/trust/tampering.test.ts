import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { pem } from '@sigstore/core';
import fc from 'fast-check';
import { TrustError } from './errors.ts';
import { bundleJson, keylessLayer, type TestBundle, type TestLayer } from './testing/signatures.ts';
import { createSigstore, type TestSigner, type TestSigstore } from './testing/sigstore.ts';
import { DIGEST, REF, storeWith, type TestImage } from './testing/store.ts';
import { verifyImage } from './verify-image.ts';

const ISSUER = 'https://issuer.test';
const SUBJECT = 'https://signer.test/me';

let sigstore: TestSigstore;
let signer: TestSigner;
let layer: TestLayer;
let bundle: TestBundle;

before(async () => {
  sigstore = await createSigstore();
  signer = await sigstore.certify({ subject: SUBJECT, issuer: ISSUER });
  layer = await keylessLayer(sigstore, signer, DIGEST);
  bundle = await bundleJson(sigstore, signer, DIGEST, { content: 'dsse', rekor: 'v1', timestamp: true });
});

async function isRefused(image: TestImage): Promise<boolean> {
  const subject = { equal: SUBJECT };
  const allOf = [{ kind: 'genericIssuer', issuer: ISSUER, subject }] as const;
  const options = { client: storeWith(image), trustRoot: async () => sigstore.root };
  try {
    await verifyImage(REF, { apiVersion: 'v1', allOf }, options);
    return false;
  } catch (error) {
    assert(error instanceof TrustError, String(error));
    return true;
  }
}

/** A place in some bytes, and the bits to flip there. */
const flip = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  bits: fc.integer({ min: 1, max: 255 }),
});

function flipped(bytes: Uint8Array, { at, bits }: { readonly at: number; readonly bits: number }): Buffer {
  const copy = Buffer.from(bytes);
  const index = Math.floor(at * copy.length);
  copy[index] = (copy[index] ?? 0) ^ bits;
  return copy;
}

const flip64 = (text: string, change: { readonly at: number; readonly bits: number }): string =>
  flipped(Buffer.from(text, 'base64'), change).toString('base64');

test('the originals are accepted', async () => {
  assert.equal(await isRefused({ layers: [layer] }), false);
  assert.equal(await isRefused({ bundles: [bundle] }), false);
});

const signature = 'dev.cosignproject.cosign/signature';
const log = 'dev.sigstore.cosign/bundle';

type Change = { readonly at: number; readonly bits: number };

function withLog(change: (document: { SignedEntryTimestamp: string; Payload: { body: string } }) => void): TestLayer {
  const document = JSON.parse(layer.annotations[log] ?? '');
  change(document);
  return { ...layer, annotations: { ...layer.annotations, [log]: JSON.stringify(document) } };
}

const layerParts: Readonly<Record<string, (change: Change) => TestLayer>> = {
  payload: (change) => ({ ...layer, payload: flipped(layer.payload, change) }),
  signature: (change) => ({
    ...layer,
    annotations: { ...layer.annotations, [signature]: flip64(layer.annotations[signature] ?? '', change) },
  }),
  certificate: (change) => ({
    ...layer,
    annotations: {
      ...layer.annotations,
      'dev.sigstore.cosign/certificate': pem.fromDER(flipped(signer.certificate, change)),
    },
  }),
  'log annotation': (change) => ({
    ...layer,
    annotations: {
      ...layer.annotations,
      [log]: flipped(Buffer.from(layer.annotations[log] ?? ''), {
        at: change.at,
        bits: (change.bits & 0x1f) | 1,
      }).toString(),
    },
  }),
  promise: (change) => withLog((it) => (it.SignedEntryTimestamp = flip64(it.SignedEntryTimestamp, change))),
  body: (change) => withLog((it) => (it.Payload.body = flip64(it.Payload.body, change))),
};

for (const [name, part] of Object.entries(layerParts)) {
  test(`no bit of a layer's ${name} may change`, async () => {
    await fc.assert(
      fc.asyncProperty(flip, async (change) => assert(await isRefused({ layers: [part(change)] }))),
      { numRuns: 25 },
    );
  });
}

function withBundle(change: (copy: TestBundle) => void): TestBundle {
  const copy = structuredClone(bundle);
  change(copy);
  return copy;
}

type Entry = NonNullable<TestBundle['verificationMaterial']['tlogEntries'][number]>;

function withEntry(change: (entry: Entry) => void): TestBundle {
  return withBundle((it) => {
    const [entry] = it.verificationMaterial.tlogEntries;
    if (entry !== undefined) change(entry);
  });
}

const bundleParts: Readonly<Record<string, (change: Change) => TestBundle>> = {
  payload: (change) =>
    withBundle((it) => it.dsseEnvelope && (it.dsseEnvelope.payload = flip64(it.dsseEnvelope.payload, change))),
  signature: (change) =>
    withBundle((it) => {
      const only = it.dsseEnvelope?.signatures[0];
      if (only !== undefined) only.sig = flip64(only.sig, change);
    }),
  certificate: (change) =>
    withBundle((it) => {
      const { verificationMaterial: material } = it;
      if (material.certificate !== undefined) {
        material.certificate.rawBytes = flip64(material.certificate.rawBytes, change);
      }
    }),
  body: (change) => withEntry((it) => (it.canonicalizedBody = flip64(it.canonicalizedBody, change))),
  promise: (change) =>
    withEntry((it) => {
      if (it.inclusionPromise !== undefined) {
        it.inclusionPromise.signedEntryTimestamp = flip64(it.inclusionPromise.signedEntryTimestamp, change);
      }
    }),
  checkpoint: (change) =>
    withEntry((it) => {
      const envelope = flipped(Buffer.from(it.inclusionProof.checkpoint.envelope), { ...change, bits: 1 });
      it.inclusionProof.checkpoint.envelope = envelope.toString();
    }),
  'log id': (change) => withEntry((it) => (it.logId.keyId = flip64(it.logId.keyId, change))),
  timestamp: (change) =>
    withBundle((it) => {
      const [only] = it.verificationMaterial.timestampVerificationData.rfc3161Timestamps;
      // The token ends with its signature; certificates that come along are not part of what is signed.
      if (only !== undefined)
        only.signedTimestamp = flip64(only.signedTimestamp, { ...change, at: 0.94 + change.at * 0.059 });
    }),
};

for (const [name, part] of Object.entries(bundleParts)) {
  test(`no bit of a bundle's ${name} may change`, async () => {
    await fc.assert(
      fc.asyncProperty(flip, async (change) => assert(await isRefused({ bundles: [part(change)] }))),
      { numRuns: 25 },
    );
  });
}
