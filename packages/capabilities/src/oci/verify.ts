import {
  verifyCertificate,
  verifyGithubActions,
  verifyKeyless,
  verifyKeylessPrefix,
  verifyPubKeys,
  type RegistryReference,
  type Trusted,
} from '@ostiary/registry';
import type { CapabilityRequest } from '../request/request.ts';

export type VerifyRequest = Extract<
  CapabilityRequest,
  {
    readonly tag:
      | 'SigstorePubKeyVerify'
      | 'SigstoreKeylessVerify'
      | 'SigstoreKeylessPrefixVerify'
      | 'SigstoreGithubActionsVerify'
      | 'SigstoreCertificateVerify';
  }
>;

type VerifyOptions = Parameters<typeof verifyPubKeys>[2];

/** Asks whether an image is signed as a guest wants it. Throws TrustError when it isn't: there is no answer "no". */
export function verify(
  { tag, fields }: VerifyRequest,
  image: RegistryReference,
  given: Omit<VerifyOptions, 'annotations'>,
): Promise<Trusted> {
  const options = { ...given, annotations: fields.annotations ?? undefined };
  switch (tag) {
    case 'SigstorePubKeyVerify':
      return verifyPubKeys(image, fields.pub_keys, options);
    case 'SigstoreKeylessVerify':
      return verifyKeyless(image, fields.keyless, options);
    case 'SigstoreKeylessPrefixVerify': {
      const prefixes = fields.keyless_prefix.map(({ issuer, url_prefix }) => ({ issuer, urlPrefix: url_prefix }));
      return verifyKeylessPrefix(image, prefixes, options);
    }
    case 'SigstoreGithubActionsVerify':
      return verifyGithubActions(image, fields.owner, fields.repo ?? undefined, options);
    case 'SigstoreCertificateVerify': {
      const certificate = {
        certificate: Uint8Array.from(fields.certificate),
        chain: fields.certificate_chain?.map((each) => Uint8Array.from(each)),
        requireRekorBundle: fields.require_rekor_bundle,
      };
      return verifyCertificate(image, certificate, options);
    }
  }
}
