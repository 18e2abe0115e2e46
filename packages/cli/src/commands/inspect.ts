import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import type { PolicyMetadata } from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { anatomyOf } from '../evaluate/anatomy.ts';
import { EvaluateError } from '../evaluate/errors.ts';
import { signaturesOf, type Signatures } from '../evaluate/signatures.ts';
import { log } from '../log.ts';
import { anatomyText, metadataText, section } from '../output/inspection.ts';
import { styleOf, type Style } from '../output/style.ts';
import { toYaml } from '../output/yaml.ts';
import { addRegistryFlags, type RegistryFlags } from '../registry/flags.ts';
import { locate, type Located } from '../registry/locate.ts';
import { openLocalStore, withClient } from '../registry/open.ts';

interface InspectFlags extends RegistryFlags {
  readonly output?: 'yaml' | 'json';
  readonly showSignatures?: true;
}

/** `inspect`: what a policy on this machine says of itself, and how it would run. Contract: authoring §1.3. */
export function inspectCommand(context: CommandContext): Command {
  const command = new Command('inspect')
    .description('show what a policy says of itself and how it would run; nothing is fetched')
    .argument('<policy>', 'a file, a stored address, or the beginning of its SHA-256')
    .addOption(
      new Option('-o, --output <format>', 'the metadata as yaml, everything as json (default: text)').choices([
        'yaml',
        'json',
      ]),
    )
    .addOption(new Option('--show-signatures', 'what signs it, as its registry tells it'));
  addRegistryFlags(command);
  return command.action((policy: string, flags: InspectFlags) => inspect(policy, flags, context));
}

async function inspect(policy: string, flags: InspectFlags, context: CommandContext): Promise<void> {
  const located = await locate(policy, openLocalStore(context), context);
  const { nature, ...anatomy } = anatomyOf(await readFile(located.path));
  const { metadata } = nature;
  if (!metadata && (context.program === 'kwctl' || flags.output === 'yaml')) {
    throw new EvaluateError('unusable-module', 'No metadata found: the policy is not annotated');
  }
  const signatures = flags.showSignatures ? await lookUp(located, flags, context) : undefined;
  switch (flags.output) {
    case 'yaml':
      return void context.stdout.write(
        await toYaml(plain({ ...metadata, ...(flags.showSignatures && { signatures: document(signatures) }) })),
      );
    case 'json':
      return void context.stdout.write(
        `${JSON.stringify({ url: located.url, metadata, module: anatomy, signatures }, null, 2)}\n`,
      );
    case undefined:
      return text();
  }

  async function text(): Promise<void> {
    const style = styleOf(context);
    if (metadata) context.stdout.write(`${await metadataText(metadata, style)}\n`);
    else log(context, 'warn', 'the module has no metadata; ostiary annotate puts some in');
    context.stdout.write(anatomyText(anatomy, style));
    if (flags.showSignatures) context.stdout.write(`\n${await signatureText(signatures, style)}`);
  }
}

/** What can't be told of signatures is no reason to tell nothing else. */
async function lookUp(
  { reference }: Located,
  flags: RegistryFlags,
  context: CommandContext,
): Promise<Signatures | undefined> {
  try {
    return await withClient(flags, context, (client) => signaturesOf(reference, client));
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    log(context, 'warn', `Cannot determine if the policy has been signed: ${cause}`);
    return undefined;
  }
}

function document(signatures: Signatures | undefined): unknown {
  if (!signatures) return null;
  const { manifest, bundles } = signatures;
  return bundles.length === 0 ? (manifest ?? null) : { ...plainObject(manifest), bundles };
}

function plainObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

function plain(value: object & Partial<PolicyMetadata>): Parameters<typeof toYaml>[0] {
  return JSON.parse(JSON.stringify(value)) as Parameters<typeof toYaml>[0];
}

async function signatureText(signatures: Signatures | undefined, style: Style): Promise<string> {
  if (!signatures)
    return section('Signatures', 'unknown: only images in a registry that can be reached have any', style);
  const { manifest, bundles } = signatures;
  if (manifest === undefined && bundles.length === 0) return section('Signatures', 'none', style);
  const parts = [
    ...(manifest === undefined ? [] : [(await toYaml(manifest)).trimEnd()]),
    ...bundles.map((digest) => `bundle ${digest}`),
  ];
  return section('Signatures', parts.join('\n'), style);
}
