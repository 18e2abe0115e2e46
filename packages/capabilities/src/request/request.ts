/** What guests ask, decoded. Tags and members are those of recorded sessions (contract: authoring §1.5). */
export type CapabilityRequest =
  | Tagged<'OciManifestDigest' | 'OciManifest' | 'OciManifestAndConfig', ImageFields>
  | Tagged<'SigstorePubKeyVerify', SignedFields & { readonly pub_keys: readonly string[] }>
  | Tagged<
      'SigstoreKeylessVerify',
      SignedFields & { readonly keyless: readonly { readonly issuer: string; readonly subject: string }[] }
    >
  | Tagged<
      'SigstoreKeylessPrefixVerify',
      SignedFields & { readonly keyless_prefix: readonly { readonly issuer: string; readonly url_prefix: string }[] }
    >
  | Tagged<'SigstoreGithubActionsVerify', SignedFields & { readonly owner: string; readonly repo: string | null }>
  | Tagged<'SigstoreCertificateVerify', CertificateFields>
  | Tagged<'DNSLookupHost', { readonly host: string }>
  | Tagged<'CryptoIsCertificateTrusted', { readonly request: TrustQuestion }>
  | Tagged<'KubernetesListResourceAll', ListFields>
  | Tagged<'KubernetesListResourceNamespace', ListFields & { readonly namespace: string }>
  | Tagged<'KubernetesGetResource', GetFields>
  | Tagged<'KubernetesGetResourcePluralName', KindFields>
  | Tagged<'KubernetesCanI', { readonly request: AccessQuestion; readonly disable_cache: boolean }>;

interface Tagged<T extends string, F> {
  readonly tag: T;
  readonly fields: F;
}

export type RequestOf<T extends CapabilityRequest['tag']> = Extract<CapabilityRequest, { readonly tag: T }>;

export interface ImageFields {
  readonly image: string;
}

export interface SignedFields extends ImageFields {
  readonly annotations: Readonly<Record<string, string>> | null;
}

export interface CertificateFields extends SignedFields {
  readonly certificate: readonly number[];
  readonly certificate_chain: readonly (readonly number[])[] | null;
  readonly require_rekor_bundle: boolean;
}

export interface KindFields {
  readonly api_version: string;
  readonly kind: string;
}

export interface ListFields extends KindFields {
  readonly label_selector: string | null;
  readonly field_selector: string | null;
  readonly field_masks: readonly string[] | null;
}

export interface GetFields extends KindFields {
  readonly name: string;
  readonly namespace: string | null;
  readonly disable_cache: boolean;
  readonly field_masks: readonly string[] | null;
}

export interface GuestCertificateText {
  readonly encoding: 'Pem' | 'Der';
  readonly data: readonly number[];
}

export interface TrustQuestion {
  readonly cert: GuestCertificateText;
  /** Intermediates, and the root at the end; null for Mozilla's roots. */
  readonly cert_chain: readonly GuestCertificateText[] | null;
  /** When the certificate is used, in RFC 3339; null for now. */
  readonly not_after: string | null;
}

export interface AccessQuestion {
  readonly user: string;
  readonly groups: readonly string[] | null;
  readonly resource_attributes: {
    readonly verb: string;
    readonly resource: string;
    readonly group: string | null;
    readonly version: string | null;
    readonly namespace: string | null;
    readonly name: string | null;
    readonly subresource: string | null;
  };
}
