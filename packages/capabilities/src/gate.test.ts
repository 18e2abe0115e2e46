import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL, asking, call, KINDS } from './testing/ask.ts';

const denied = (path: string): string =>
  `Policy has not been granted access to the '${path}' host capability. The violation has been reported.`;

test('what is refused before anything is asked', async (t) => {
  const { error, capabilities } = asking(t);
  const grants = (...hostCapabilities: string[]) => ({ grants: { hostCapabilities, contextAwareResources: KINDS } });
  const digest = 'oci/v1/manifest_digest';
  const rows = [
    [digest, grants(), denied(digest)],
    [digest, grants('kubernetes/*'), denied(digest)],
    [digest, grants('oci/v2/*'), denied(digest)],
    [digest, grants('nonsense'), denied(digest)],
    ['kubernetes/can_i', grants('oci/*', 'net/*', 'crypto/*'), denied('kubernetes/can_i')],
    ['foo/bar', grants('oci/*'), denied('foo/bar')],
    ['foo/bar', grants('*'), 'unknown namespace: foo'],
    ['kubernetes/ingresses', grants(' * '), 'unknown operation: ingresses'],
    ['tracing/other', grants(), 'unknown operation: other'],
  ] as const;
  for (const [path, options, expected] of rows) assert.equal(await error(path, 'x', options), expected);
  const strange = { ...call('kubernetes/can_i', {}), binding: 'else' };
  const { answer } = await capabilities.answer(strange, { policy: 'p', grants: ALL }, new AbortController().signal);
  assert.deepEqual(answer, { ok: false, error: 'unknown binding: else' });
});

test('a guest may always log', async (t) => {
  const { answered } = asking(t);
  const none = { grants: { hostCapabilities: [], contextAwareResources: [] } };
  const { answer } = await answered('tracing/log', 'not even JSON', none);
  assert.deepEqual(answer, { ok: true, payload: new Uint8Array() });
});

test('kinds have to be granted each, by exact words', async (t) => {
  const { error } = asking(t);
  const grants = { hostCapabilities: ['*'], contextAwareResources: [{ apiVersion: 'v1', kind: 'Pod' }] };
  for (const [operation, apiVersion, kind] of [
    ['list_resources_all', 'v1', 'Secret'],
    ['list_resources_by_namespace', 'apps/v1', 'Pod'],
    ['get_resource', 'v1', 'pod'],
    ['get_resource', 'v1 ', 'Pod'],
  ] as const) {
    const payload = { api_version: apiVersion, kind, namespace: 'a', name: 'a' };
    assert.equal(
      await error(`kubernetes/${operation}`, payload, { grants }),
      `Policy has not been granted access to Kubernetes ${apiVersion}/${kind} resources. The violation has been reported.`,
    );
  }
});

test('refusals are reported and counted, by names that exist', async (t) => {
  const seen: string[] = [];
  const { error, capabilities } = asking(t, {
    log: (_level, message, fields) => void seen.push(`${message}: ${fields['policy']} ${fields['capability']}`),
  });
  const none = { grants: { hostCapabilities: [], contextAwareResources: [] }, policy: 'nosy' };
  await error('kubernetes/can_i', '{}', none);
  await error('kubernetes/can_i', '{}', none);
  for (let index = 0; index < 100; index += 1) await error(`made/up-${index}`, '{}', none);
  assert.equal(seen[0], 'a host capability was refused: nosy kubernetes/can_i');
  assert.deepEqual(Object.fromEntries(capabilities.stats().questions), {
    'kubernetes/can_i': { ok: 0, failed: 0, denied: 2 },
    unknown: { ok: 0, failed: 0, denied: 100 },
  });
});

test('payloads that are not what an operation takes', async (t) => {
  const { error } = asking(t);
  const list = { api_version: 'v1', kind: 'Pod' };
  const rows = [
    ['kubernetes/list_resources_all', 'nonsense', 'the payload is not JSON'],
    ['kubernetes/list_resources_all', '[]', 'invalid type: a list, expected an object, at the payload'],
    ['kubernetes/list_resources_all', '{}', 'missing field `api_version`'],
    [
      'kubernetes/list_resources_all',
      '{"api_version":1}',
      'invalid type: a number, expected a string, at `api_version`',
    ],
    [
      'kubernetes/list_resources_all',
      { ...list, field_masks: ['a', 1] },
      'invalid type: a number, expected a string, at `field_masks[1]`',
    ],
    ['kubernetes/list_resources_by_namespace', list, 'missing field `namespace`'],
    ['kubernetes/get_resource', list, 'missing field `name`'],
    [
      'kubernetes/get_resource',
      { ...list, name: 'a', disable_cache: 'no' },
      'invalid type: a string, expected a boolean, at `disable_cache`',
    ],
    ['kubernetes/can_i', '{}', 'missing field `subject_access_review`'],
    [
      'kubernetes/can_i',
      { subject_access_review: { resource_attributes: {} } },
      'missing field `subject_access_review.user`',
    ],
    [
      'kubernetes/can_i',
      { subject_access_review: { user: 'u' } },
      'missing field `subject_access_review.resource_attributes`',
    ],
    [
      'kubernetes/can_i',
      { subject_access_review: { user: 'u', resourceAttributes: { verb: 'get' } } },
      'missing field `subject_access_review.resource_attributes.resource`',
    ],
    ['oci/v1/manifest_digest', '1', 'invalid type: a number, expected a string, at the payload'],
    ['oci/v1/verify', '{}', 'expected one member that names the kind of verification, at the payload'],
    [
      'oci/v1/verify',
      { SigstoreCertificateVerify: {} },
      'unknown variant, expected `SigstorePubKeyVerify` or `SigstoreKeylessVerify`, at the payload',
    ],
    ['oci/v1/verify', { SigstorePubKeyVerify: { image: 'a' } }, 'missing field `SigstorePubKeyVerify.pub_keys`'],
    ['oci/v2/verify', { type: 'Else' }, /^unknown variant, expected `SigstorePubKeyVerify` or .*, at `type`$/],
    [
      'oci/v2/verify',
      { type: 'SigstoreCertificateVerify', image: 'a', certificate: [256] },
      'invalid value: expected numbers from 0 to 255, at `certificate`',
    ],
    [
      'oci/v2/verify',
      { type: 'SigstoreCertificateVerify', image: 'a', certificate: [1] },
      'missing field `require_rekor_bundle`',
    ],
    [
      'oci/v2/verify',
      { type: 'SigstoreKeylessVerify', image: 'a', keyless: [], annotations: [['a', 'b']] },
      'invalid type: a list, expected an object, at `annotations`',
    ],
    ['net/v1/dns_lookup_host', '{}', 'invalid type: an object, expected a string, at the payload'],
    [
      'crypto/v1/is_certificate_trusted',
      { cert: { encoding: 'pem', data: [] } },
      'unknown variant, expected `Pem` or `Der`, at `cert.encoding`',
    ],
  ] as const;
  for (const [path, payload, expected] of rows) {
    const found = await error(path, payload);
    if (typeof expected === 'string') assert.equal(found, expected, path);
    else assert.match(found, expected, path);
  }
});

test('deep, huge and inherited members do no harm', async (t) => {
  const { error } = asking(t);
  assert.equal(await error('kubernetes/list_resources_all', '['.repeat(1_000_000)), 'the payload is not JSON');
  assert.equal(
    await error('kubernetes/list_resources_all', '{"__proto__":{"api_version":"v1"}}'),
    'missing field `api_version`',
  );
  const long = await error('kubernetes/list_resources_all', {
    api_version: 'v1',
    kind: 'Pod',
    field_masks: new Array(100_001).fill('a'),
  });
  assert.match(long, /^invalid length 100001, expected at most 100000, at `field_masks`$/);
});
