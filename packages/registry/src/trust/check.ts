import type { X509Certificate } from 'node:crypto';
import type { CertificateConstraint, GithubActionConstraint, SignatureConstraint, Subject } from './constraint.ts';
import { oneLine, reasonOf } from './failure.ts';
import type { Identity } from './identity.ts';
import { readPublicKey, signedBy } from './key.ts';
import { isValidAt, pinnedCertificate } from './pinned-certificate.ts';
import type { Signature } from './signature.ts';
import type { TrustRoot, TrustRootSource } from './trust-root.ts';
import { isBelow } from './url-prefix.ts';

/** What an image's signatures are held against. */
export type Constraint = SignatureConstraint | CertificateConstraint;

/** Who issues tokens to GitHub's workflows. */
const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';

/** Checks single signatures against single constraints; remembers what it has verified. */
export interface Checker {
  /** Undefined when the signature satisfies the constraint, else why not. */
  readonly check: (constraint: Constraint, signature: Signature) => Promise<string | undefined>;
  /** Why the trust root could not be had, if it was needed. */
  readonly rootFailure: () => string | undefined;
}

/** A checker for one image. */
export function createChecker(trustRoot: TrustRootSource | undefined, now: Date): Checker {
  const identities = new Map<Signature, Identity | string>();
  let root: TrustRoot | string | undefined;

  const loadRoot = async (): Promise<TrustRoot | string> => {
    root ??= await rootOf(trustRoot);
    return root;
  };
  const identify = async (signature: Signature): Promise<Identity | string> => {
    const known = identities.get(signature);
    if (known !== undefined) return known;
    if (signature.certificate === undefined) return 'it was made with a key and has no certificate';
    const loaded = await loadRoot();
    if (typeof loaded === 'string') return loaded;
    const { verifyIdentity } = await loadVerifier();
    const identity = attempt(() => verifyIdentity(signature, loaded.material));
    identities.set(signature, identity);
    return identity;
  };
  const check = async (constraint: Constraint, signature: Signature): Promise<string | undefined> => {
    switch (constraint.kind) {
      case 'pubKey':
        return checkKey(constraint.key, signature);
      case 'certificate':
        return checkCertificate(constraint, signature, now, loadRoot);
      case 'genericIssuer':
      case 'githubAction': {
        const identity = await identify(signature);
        return typeof identity === 'string' ? identity : checkIdentity(constraint, identity);
      }
    }
  };
  return {
    check: async (constraint, signature) =>
      (await check(constraint, signature)) ?? checkAnnotations(constraint, signature),
    rootFailure: () => (typeof root === 'string' ? root : undefined),
  };
}

/** Sigstore's libraries are loaded by whoever needs them; a server that checks keys alone never does. */
async function loadVerifier() {
  return import('./keyless.ts');
}

async function rootOf(source: TrustRootSource | undefined): Promise<TrustRoot | string> {
  if (source === undefined) return 'it needs a Sigstore trust root, and none is configured';
  try {
    return await source();
  } catch (error) {
    return reasonOf(error);
  }
}

/** Runs a verification; whatever it throws is the reason. Nothing that throws is ever taken for verified. */
function attempt<T extends object>(verification: () => T): T | string {
  try {
    return verification();
  } catch (error) {
    return reasonOf(error);
  }
}

function checkKey(pem: string, { message, signature }: Signature): string | undefined {
  const read = readPublicKey(pem);
  if ('problem' in read) return read.problem;
  return signedBy(read.key, message, signature) ? undefined : 'it was not made with this key';
}

function checkIdentity(
  constraint: Exclude<SignatureConstraint, { readonly kind: 'pubKey' }>,
  identity: Identity,
): string | undefined {
  const issuer = constraint.kind === 'githubAction' ? GITHUB_ISSUER : constraint.issuer;
  if (identity.issuer !== issuer) return `certificate issuer is ${oneLine(identity.issuer)}`;
  return constraint.kind === 'githubAction'
    ? checkGithub(constraint, identity)
    : checkSubject(constraint.subject, identity.subject);
}

function checkSubject(wanted: Subject, subject: string): string | undefined {
  const matches = 'equal' in wanted ? subject === wanted.equal : isBelow(subject, wanted.urlPrefix);
  return matches ? undefined : `certificate subject is ${oneLine(subject)}`;
}

function checkGithub({ owner, repo }: GithubActionConstraint, identity: Identity): string | undefined {
  const subject = URL.parse(identity.subject);
  if (subject?.protocol !== 'https:' || subject.host !== 'github.com') {
    return `certificate subject is ${oneLine(identity.subject)}`;
  }
  const found = identity.githubRepository;
  if (found === undefined) return 'the certificate names no GitHub repository';
  const [foundOwner, foundRepo, ...rest] = found.split('/');
  const matches = rest.length === 0 && foundOwner === owner && (repo === undefined ? !!foundRepo : foundRepo === repo);
  return matches ? undefined : `GitHub repository is ${oneLine(found)}`;
}

/**
 * The certificate must have been valid when the signature was made. Without a log entry that says when, only a
 * certificate that is valid now will do.
 */
async function checkCertificate(
  constraint: CertificateConstraint,
  signature: Signature,
  now: Date,
  loadRoot: () => Promise<TrustRoot | string>,
): Promise<string | undefined> {
  const pinned = pinnedCertificate(constraint, now);
  if ('problem' in pinned) return pinned.problem;
  const { certificate } = pinned;
  if (!signedBy(certificate.publicKey, signature.message, signature.signature)) {
    return 'it was not made with this certificate';
  }
  if (!constraint.requireRekorBundle && isValidAt(certificate, now)) return undefined;
  return checkLogged(certificate, signature, loadRoot);
}

async function checkLogged(
  certificate: X509Certificate,
  signature: Signature,
  loadRoot: () => Promise<TrustRoot | string>,
): Promise<string | undefined> {
  if (signature.bundle.verificationMaterial.tlogEntries.length === 0) return 'it has no log entry';
  const root = await loadRoot();
  if (typeof root === 'string') return root;
  const { verifyLogged } = await loadVerifier();
  const logged = attempt(() => {
    verifyLogged(signature, certificate, root.material);
    return {};
  });
  return typeof logged === 'string' ? logged : undefined;
}

function checkAnnotations({ annotations = {} }: Constraint, signature: Signature): string | undefined {
  const unmet = Object.entries(annotations).find(([name, value]) => signature.annotations.get(name) !== value);
  if (unmet === undefined) return undefined;
  const [name, value] = unmet;
  return `it does not carry the annotation ${oneLine(`${name}=${value}`)}`;
}
