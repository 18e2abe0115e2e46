import {
  bytes,
  fail,
  flag,
  list,
  members,
  oneOf,
  optional,
  otherwise,
  record,
  text,
  texts,
  type Decode,
} from './decode.ts';
import type { AccessQuestion, CapabilityRequest } from './request.ts';

/** Reads the payload of an operation. Throws CapabilityError `payload`. */
export type ReadRequest = (payload: unknown) => CapabilityRequest;

const kind = { api_version: text, kind: text };
const listing = {
  ...kind,
  label_selector: optional(text),
  field_selector: optional(text),
  field_masks: optional(list(text)),
};
const signed = { image: text, annotations: optional(texts) };

const pubKeys = record({ ...signed, pub_keys: list(text) });
const keyless = record({ ...signed, keyless: list(record({ issuer: text, subject: text })) });
const keylessPrefix = record({ ...signed, keyless_prefix: list(record({ issuer: text, url_prefix: text })) });
const githubActions = record({ ...signed, owner: text, repo: optional(text) });
const certificate = record({
  ...signed,
  certificate: bytes,
  certificate_chain: optional(list(bytes)),
  require_rekor_bundle: flag,
});

const guestCertificate = record({ encoding: oneOf('Pem', 'Der'), data: bytes });

const attributes = record({
  verb: text,
  resource: text,
  group: optional(text),
  version: optional(text),
  namespace: optional(text),
  name: optional(text),
  subresource: optional(text),
});
const subject = record({ user: text, groups: optional(list(text)) });

/** Some SDKs say `resourceAttributes`. */
const accessQuestion: Decode<AccessQuestion> = (value, at) => {
  const found = members(value, at);
  const { resource_attributes = found['resourceAttributes'] } = found;
  return { ...subject(value, at), resource_attributes: attributes(resource_attributes, `${at}.resource_attributes`) };
};

const canI = record({ subject_access_review: accessQuestion, disable_cache: otherwise(flag, false) });

/** An empty text is as good as none: the Go SDK writes one. */
const moment: Decode<string | null> = (value, at) => optional(text)(value, at) || null;

/**
 * Every operation by its path, with what its payload is (contract: policy-server §8.2). `disable_cache` and `not_after`
 * may be missing, because some SDKs leave them out (contract: authoring §10.7).
 */
export const OPERATIONS: ReadonlyMap<string, ReadRequest> = new Map(
  Object.entries({
    'oci/v1/verify': verifyV1,
    'oci/v2/verify': verifyV2,
    'oci/v1/manifest_digest': (payload) => ({ tag: 'OciManifestDigest', fields: { image: text(payload, '') } }),
    'oci/v1/oci_manifest': (payload) => ({ tag: 'OciManifest', fields: { image: text(payload, '') } }),
    'oci/v1/oci_manifest_config': (payload) => ({ tag: 'OciManifestAndConfig', fields: { image: text(payload, '') } }),
    'net/v1/dns_lookup_host': (payload) => ({ tag: 'DNSLookupHost', fields: { host: text(payload, '') } }),
    'crypto/v1/is_certificate_trusted': (payload) => ({
      tag: 'CryptoIsCertificateTrusted',
      fields: { request: trustQuestion(payload, '') },
    }),
    'kubernetes/list_resources_all': (payload) => ({
      tag: 'KubernetesListResourceAll',
      fields: record(listing)(payload, ''),
    }),
    'kubernetes/list_resources_by_namespace': (payload) => ({
      tag: 'KubernetesListResourceNamespace',
      fields: record({ ...listing, namespace: text })(payload, ''),
    }),
    'kubernetes/get_resource': (payload) => ({ tag: 'KubernetesGetResource', fields: getting(payload, '') }),
    'kubernetes/can_i': (payload) => {
      const { subject_access_review: request, disable_cache } = canI(payload, '');
      return { tag: 'KubernetesCanI', fields: { request, disable_cache } };
    },
  } satisfies Record<string, ReadRequest>),
);

const trustQuestion = record({
  cert: guestCertificate,
  cert_chain: optional(list(guestCertificate)),
  not_after: moment,
});
const getting = record({
  ...kind,
  name: text,
  namespace: optional(text),
  disable_cache: otherwise(flag, false),
  field_masks: optional(list(text)),
});

/** The kind of question is the name of the one member. */
function verifyV1(payload: unknown): CapabilityRequest {
  const found = Object.entries(members(payload, ''));
  const [tag, fields] = found[0] ?? [];
  if (found.length !== 1) return fail('', 'expected one member that names the kind of verification');
  if (tag === 'SigstorePubKeyVerify') return { tag, fields: pubKeys(fields, tag) };
  if (tag === 'SigstoreKeylessVerify') return { tag, fields: keyless(fields, tag) };
  return fail('', 'unknown variant, expected `SigstorePubKeyVerify` or `SigstoreKeylessVerify`');
}

/** The kind of question is in `type`. */
function verifyV2(payload: unknown): CapabilityRequest {
  const tag = verifications(members(payload, '')['type'], 'type');
  switch (tag) {
    case 'SigstorePubKeyVerify':
      return { tag, fields: pubKeys(payload, '') };
    case 'SigstoreKeylessVerify':
      return { tag, fields: keyless(payload, '') };
    case 'SigstoreKeylessPrefixVerify':
      return { tag, fields: keylessPrefix(payload, '') };
    case 'SigstoreGithubActionsVerify':
      return { tag, fields: githubActions(payload, '') };
    case 'SigstoreCertificateVerify':
      return { tag, fields: certificate(payload, '') };
  }
}

const verifications = oneOf(
  'SigstorePubKeyVerify',
  'SigstoreKeylessVerify',
  'SigstoreKeylessPrefixVerify',
  'SigstoreGithubActionsVerify',
  'SigstoreCertificateVerify',
);
