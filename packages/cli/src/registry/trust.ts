import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  formatReference,
  lazyTrustRoot,
  parseVerificationConfig,
  verificationConfigFromFlags,
  verifyImage,
  type ModuleClient,
  type Reference,
  type TrustRootSource,
  type VerificationConfig,
} from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { log } from '../log.ts';
import { directoriesOf } from './directories.ts';
import type { SignatureFlags } from './flags.ts';

/** What signatures have to satisfy, and whether somebody asked for it or it was merely found in its usual place. */
export interface Demand {
  readonly config: VerificationConfig;
  readonly isDefault: boolean;
}

/** What the flags demand, else the file they name, else the user's own file, else nothing. Contract: authoring §1.2. */
export async function demandOf(flags: SignatureFlags, context: CommandContext): Promise<Demand | undefined> {
  const { cwd } = context;
  const given = await verificationConfigFromFlags(
    {
      keys: flags.verificationKey ?? [],
      annotations: flags.verificationAnnotation ?? [],
      certEmail: flags.certEmail,
      certOidcIssuer: flags.certOidcIssuer,
      githubOwner: flags.githubOwner,
      githubRepo: flags.githubRepo,
      configPath: flags.verificationConfigPath,
    },
    (path) => readFile(resolve(cwd, path), 'utf8'),
  );
  if (given !== undefined) return { config: given, isDefault: false };
  const usual = join(directoriesOf(context).config, 'verification-config.yml');
  const named = flags.verificationConfigPath === undefined ? undefined : resolve(cwd, flags.verificationConfigPath);
  const path = named ?? (existsSync(usual) ? usual : undefined);
  if (path === undefined) return undefined;
  return { config: parseVerificationConfig(await readFile(path, 'utf8'), path), isDefault: named === undefined };
}

/**
 * The digest of the manifest whose signatures satisfy the demand. Only images have signatures: the user's default
 * demand passes files and web addresses over with a warning, one that was asked for refuses them.
 *
 * @throws TrustError
 */
export async function verify(
  reference: Reference,
  { config, isDefault }: Demand,
  options: { readonly client: ModuleClient; readonly flags: SignatureFlags; readonly context: CommandContext },
): Promise<string | undefined> {
  const { client, flags, context } = options;
  if (reference.kind !== 'registry') {
    const about = `${formatReference(reference)} is no image in a registry and has no signatures`;
    if (!isDefault) throw new UnsignableError(`${about}; only what is in a registry can be verified`);
    log(context, 'warn', `${about}: it is not verified`);
    return undefined;
  }
  const { digest } = await verifyImage(reference, config, { client, trustRoot: trustRootOf(flags, context) });
  return digest;
}

/** A signature was demanded of what can't have one. */
export class UnsignableError extends Error {
  override readonly name = 'UnsignableError';
  readonly code = 'unsignable';
}

/** Sigstore's public root, or the one that a file describes; loaded when a signature needs it. */
export function trustRootOf({ sigstoreTrustConfig }: SignatureFlags, context: CommandContext): TrustRootSource {
  return lazyTrustRoot(
    sigstoreTrustConfig === undefined
      ? { kind: 'tuf', cacheDir: join(directoriesOf(context).config, 'fulcio_and_rekor_data') }
      : { kind: 'trust-config', path: resolve(context.cwd, sigstoreTrustConfig) },
  );
}

/** A verification without anything to verify against. */
export class NothingDemandedError extends Error {
  override readonly name = 'NothingDemandedError';
  readonly code = 'nothing-demanded';
  readonly hint = 'name a key (-k FILE), or write a configuration: ostiary scaffold verification-config';

  constructor() {
    super('could not retrieve sigstore options: neither flags nor a verification configuration say who has to sign');
  }
}
