import { Option, type Command } from 'commander';

/** How registries are reached. Contract: authoring §1.2, REG. */
export interface RegistryFlags {
  readonly sourcesPath?: string;
  readonly dockerConfigJsonPath?: string;
}

/** Whose signatures are demanded. Contract: authoring §1.2, SIG. */
export interface SignatureFlags {
  readonly verificationConfigPath?: string;
  readonly verificationKey?: readonly string[];
  readonly verificationAnnotation?: readonly string[];
  readonly certEmail?: string;
  readonly certOidcIssuer?: string;
  readonly githubOwner?: string;
  readonly githubRepo?: string;
  readonly sigstoreTrustConfig?: string;
}

export function addRegistryFlags(command: Command): Command {
  return command
    .optionsGroup('Registries:')
    .addOption(new Option('--sources-path <file>', 'insecure hosts, own authorities and proxies (YAML)'))
    .addOption(new Option('--docker-config-json-path <dir>', 'the folder of a config.json with credentials'));
}

export function addSignatureFlags(command: Command): Command {
  return command
    .optionsGroup('Signatures:')
    .addOption(new Option('--verification-config-path <file>', 'what has to be signed by whom (YAML)'))
    .addOption(repeated('-k, --verification-key <file>', 'a public key, PEM; repeatable'))
    .addOption(repeated('-a, --verification-annotation <key=value>', 'that signatures must carry; repeatable'))
    .addOption(new Option('--cert-email <address>', 'whom the certificate was issued to'))
    .addOption(new Option('--cert-oidc-issuer <url>', 'who vouched for that'))
    .addOption(new Option('--github-owner <name>', 'signed by a GitHub action of this owner'))
    .addOption(new Option('--github-repo <name>', 'and of this repository'))
    .addOption(new Option('--sigstore-trust-config <file>', 'a ClientTrustConfig in place of the public Sigstore'));
}

function repeated(flags: string, about: string): Option {
  return new Option(flags, about).argParser((value: string, all?: readonly string[]) => [...(all ?? []), value]);
}
