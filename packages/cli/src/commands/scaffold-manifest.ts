import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { parse, stringify } from 'yaml';
import { ANNOTATION, readMetadata, type PolicyMetadata } from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { log } from '../log.ts';
import { UnannotatedError } from '../registry/errors.ts';
import { addRegistryFlags, addSignatureFlags, type RegistryFlags, type SignatureFlags } from '../registry/flags.ts';
import { obtain } from '../registry/obtain.ts';

interface ManifestFlags extends RegistryFlags, SignatureFlags {
  readonly type: 'ClusterAdmissionPolicy' | 'AdmissionPolicy';
  readonly settingsJson?: string;
  readonly settingsPath?: string;
  readonly title?: string;
  readonly allowContextAware?: true;
}

/** What a manifest can't be made of. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'manifest';
}

/** A lower-case RFC 1123 subdomain, which names of Kubernetes objects are. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME = 253;

export function manifestCommand(context: CommandContext): Command {
  const command = new Command('manifest')
    .description('print a custom resource that deploys a policy; fetch the policy if it is not stored')
    .argument('<policy>', 'a URI, a file, or the beginning of the SHA-256 of a stored policy')
    .addOption(
      new Option('-t, --type <kind>', 'of the resource')
        .choices(['ClusterAdmissionPolicy', 'AdmissionPolicy'])
        .makeOptionMandatory(),
    )
    .addOption(new Option('--settings-json <json>', 'settings of the policy').conflicts('settingsPath'))
    .addOption(new Option('-s, --settings-path <file>', 'the same from a file, YAML or JSON'))
    .option('--title <name>', 'of the resource; default: the title of the policy')
    .option('--allow-context-aware', 'let the policy read what its metadata ask for');
  addSignatureFlags(addRegistryFlags(command));
  return command.action((policy: string, flags: ManifestFlags) => scaffold(policy, flags, context));
}

async function scaffold(policy: string, flags: ManifestFlags, context: CommandContext): Promise<void> {
  const { url, path } = await obtain(policy, flags, context, { takesImages: true });
  const metadata = readMetadata(await readFile(path));
  if (metadata === undefined) throw new UnannotatedError(`${url} has no metadata: nothing says what it is for`);
  const settings = await settingsOf(flags, context);
  const name = nameOf(flags.title ?? metadata.annotations?.[ANNOTATION.title]);
  const copied = [ANNOTATION.severity, ANNOTATION.category].flatMap((key) => {
    const value = metadata.annotations?.[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  const document = {
    apiVersion: 'policies.kubewarden.io/v1',
    kind: flags.type,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(copied.length === 0 ? {} : { annotations: Object.fromEntries(copied) }),
    },
    spec: {
      module: url,
      settings,
      rules: metadata.rules,
      mutating: metadata.mutating,
      ...(metadata.backgroundAudit ? {} : { backgroundAudit: false }),
      ...contextAware(metadata, flags, context),
    },
  };
  context.stdout.write(stringify(document, { lineWidth: 0 }));
}

async function settingsOf(flags: ManifestFlags, { cwd }: CommandContext): Promise<object> {
  const { settingsPath, settingsJson } = flags;
  const text = settingsPath === undefined ? settingsJson : await readFile(resolve(cwd, settingsPath), 'utf8');
  const settings: unknown = parse(text ?? '{}') ?? {};
  if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) return settings;
  throw new ManifestError('the settings of a policy are an object');
}

function nameOf(title: string | undefined): string | undefined {
  if (title === undefined || (NAME.test(title) && title.length <= MAX_NAME)) return title;
  throw new ManifestError(
    `'${title}' can't be the name of a resource: use lower-case letters, digits, '-' and '.', or name another with --title`,
  );
}

function contextAware(
  { contextAwareResources }: PolicyMetadata,
  { type, allowContextAware }: ManifestFlags,
  context: CommandContext,
): object {
  if (contextAwareResources.length === 0) return {};
  if (type === 'ClusterAdmissionPolicy' && allowContextAware) return { contextAwareResources };
  const kinds = contextAwareResources.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`).join(', ');
  log(context, 'warn', `Policy reads resources of the cluster (${kinds}), and the manifest does not let it`);
  const next = type === 'AdmissionPolicy' ? 'only a ClusterAdmissionPolicy may' : 'add --allow-context-aware if it may';
  log(context, 'warn', `To let it: ${next}`);
  return {};
}
