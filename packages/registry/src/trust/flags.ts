import type { Annotations, SignatureConstraint, VerificationConfig } from './constraint.ts';
import { VerificationConfigError } from './errors.ts';
import { reasonOf } from './failure.ts';
import { readPublicKey } from './key.ts';

/** The flags of authoring contract §1.2 (SIG), as they were given. */
export interface VerificationFlags {
  readonly keys?: readonly string[];
  /** Each `name=value`. */
  readonly annotations?: readonly string[];
  readonly certEmail?: string | undefined;
  readonly certOidcIssuer?: string | undefined;
  readonly githubOwner?: string | undefined;
  readonly githubRepo?: string | undefined;
  /** Only to refuse it beside the others; the caller reads it. */
  readonly configPath?: string | undefined;
}

/**
 * The configuration that flags spell out: everything in it must be satisfied. Undefined when none of them was given.
 *
 * @throws {VerificationConfigError} `flags`.
 */
export async function verificationConfigFromFlags(
  flags: VerificationFlags,
  readKeyFile: (path: string) => Promise<string>,
): Promise<VerificationConfig | undefined> {
  const { keys = [], annotations: pairs = [], certEmail, certOidcIssuer, githubOwner, githubRepo } = flags;
  const identities = [certEmail, certOidcIssuer, githubOwner, githubRepo];
  if (keys.length + pairs.length === 0 && identities.every((flag) => flag === undefined)) return undefined;
  const problem = contradiction(flags);
  if (problem !== undefined) throw new VerificationConfigError('flags', problem);
  const extra = annotationsOf(pairs);
  const allOf: SignatureConstraint[] = [];
  if (certOidcIssuer !== undefined && certEmail !== undefined) {
    allOf.push({ kind: 'genericIssuer', issuer: certOidcIssuer, subject: { equal: certEmail }, ...extra });
  }
  if (githubOwner !== undefined) {
    const repo = githubRepo === undefined ? {} : { repo: githubRepo };
    allOf.push({ kind: 'githubAction', owner: githubOwner, ...repo, ...extra });
  }
  for (const path of keys) allOf.push({ kind: 'pubKey', key: await readKey(path, readKeyFile), ...extra });
  return { apiVersion: 'v1', allOf };
}

function contradiction(flags: VerificationFlags): string | undefined {
  const { keys = [], certEmail, certOidcIssuer, githubOwner, githubRepo, configPath } = flags;
  if (configPath !== undefined) {
    return 'a verification configuration file cannot be combined with flags that build one';
  }
  if ((certEmail === undefined) !== (certOidcIssuer === undefined)) {
    return 'a certificate e-mail address and a certificate OIDC issuer must be given together';
  }
  if (githubRepo !== undefined && githubOwner === undefined) return 'a GitHub repository needs a GitHub owner';
  if (keys.length === 0 && certEmail === undefined && githubOwner === undefined) {
    return 'annotations alone verify nothing: a key, a certificate identity or a GitHub owner is needed';
  }
  return undefined;
}

/** A pair without `=` is an error: left out in silence, it would make the check weaker than what was asked for. */
function annotationsOf(pairs: readonly string[]): { readonly annotations?: Annotations } {
  if (pairs.length === 0) return {};
  const entries = pairs.map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at <= 0) throw new VerificationConfigError('flags', `expected NAME=VALUE as annotation, found '${pair}'`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return { annotations: Object.fromEntries(entries) };
}

async function readKey(path: string, readKeyFile: (path: string) => Promise<string>): Promise<string> {
  let text: string;
  try {
    text = await readKeyFile(path);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const reason = missing ? 'No such file or directory' : reasonOf(error);
    throw new VerificationConfigError('flags', `cannot read verification key ${path}: ${reason}`, [], { cause: error });
  }
  const read = readPublicKey(text);
  if ('problem' in read) throw new VerificationConfigError('flags', `verification key ${path}: ${read.problem}`);
  return text;
}
