/** Strings that a signature must carry. */
export type Annotations = Readonly<Record<string, string>>;

/** Made with the private half of a key. */
export interface PubKeyConstraint {
  readonly kind: 'pubKey';
  /** For people to read. */
  readonly owner?: string;
  /** PEM. */
  readonly key: string;
  readonly annotations?: Annotations;
}

/** Who an identity provider has to have vouched for. */
export type Subject = { readonly equal: string } | { readonly urlPrefix: string };

/** Made without a long-lived key, by somebody whom an identity provider knows. */
export interface GenericIssuerConstraint {
  readonly kind: 'genericIssuer';
  readonly issuer: string;
  readonly subject: Subject;
  readonly annotations?: Annotations;
}

/** Made by a GitHub Actions workflow of an owner's repositories, or of one of them. */
export interface GithubActionConstraint {
  readonly kind: 'githubAction';
  readonly owner: string;
  readonly repo?: string;
  readonly annotations?: Annotations;
}

/** What a verification file may ask of a signature. */
export type SignatureConstraint = PubKeyConstraint | GenericIssuerConstraint | GithubActionConstraint;

/** Made with the key of a certificate that the caller knows. Only guests ask for this. */
export interface CertificateConstraint {
  readonly kind: 'certificate';
  /** PEM or DER. */
  readonly certificate: Uint8Array;
  /** Up to the root, which comes last. Without it the certificate is trusted as it is. */
  readonly chain?: readonly Uint8Array[];
  readonly requireRekorBundle: boolean;
  readonly annotations?: Annotations;
}

/** What is asked of an image: every entry of `allOf`, and enough entries of `anyOf`. At least one entry in all. */
export interface VerificationConfig {
  readonly apiVersion: 'v1';
  readonly allOf?: readonly SignatureConstraint[];
  readonly anyOf?: {
    /** Entries that must be satisfied, at least 1; one signature may satisfy several. */
    readonly minimumMatches: number;
    readonly signatures: readonly SignatureConstraint[];
  };
}
