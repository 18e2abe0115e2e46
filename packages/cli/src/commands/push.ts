import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import {
  artifactAnnotations,
  isRego,
  parseRegistryReference,
  pushModule,
  readMetadata,
  type PolicyMetadata,
} from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { UsageError } from '../exit.ts';
import { log } from '../log.ts';
import { startProgress } from '../progress.ts';
import { UnannotatedError } from '../registry/errors.ts';
import { locate } from '../registry/locate.ts';
import { addRegistryFlags, type RegistryFlags } from '../registry/flags.ts';
import { openLocalStore, withClient } from '../registry/open.ts';

interface PushFlags extends RegistryFlags {
  readonly force?: true;
  readonly output: 'text' | 'json';
}

export function pushCommand(context: CommandContext): Command {
  const command = new Command('push')
    .description('send a policy to a registry and print the reference that never changes')
    .argument('<policy>', 'a file, a URI, or the beginning of the SHA-256 of a stored policy')
    .argument('<uri>', 'where to; registry:// may be left out')
    // kwctl's switch takes a value that means nothing; scripts give it one.
    .argument('[value]', 'ignored; what stands after --force')
    .option('-f, --force', 'push even if the policy has no metadata')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'));
  addRegistryFlags(command);
  return command.action(async (_policy: string, _uri: string, _value: string | undefined, flags: PushFlags) => {
    const [policy, uri] = operands(command.args, flags, context);
    await push(policy, uri, flags, context);
  });
}

/** The two operands, without a word that belongs to `--force`. */
function operands(given: readonly string[], { force }: PushFlags, { args }: CommandContext): readonly [string, string] {
  const words = [...given];
  if (words.length > 2) {
    const value = force ? args[args.findIndex((arg) => arg === '--force' || arg === '-f') + 1] : undefined;
    const at = value === undefined ? -1 : words.indexOf(value);
    if (at === -1) throw new UsageError('push takes a policy and where to push it');
    words.splice(at, 1);
  }
  return [words[0] ?? '', words[1] ?? ''];
}

async function push(policy: string, uri: string, flags: PushFlags, context: CommandContext): Promise<void> {
  const to = parseRegistryReference(uri);
  const { path } = await locate(policy, openLocalStore(context), context);
  const module = await readFile(path);
  const metadata = readMetadata(module);
  if (metadata === undefined) checkUnannotated(module, flags.force === true, context);
  const progress = startProgress(context, `pushing to ${to.registry}/${to.repository}`);
  try {
    const { immutableRef } = await withClient(flags, context, (client) =>
      pushModule(module, to, { client, annotations: annotationsOf(metadata, context) }),
    );
    progress.end();
    const text = flags.output === 'json' ? JSON.stringify({ immutable_ref: immutableRef }) : undefined;
    context.stdout.write(text ?? `Policy successfully pushed: ${immutableRef}\n`);
  } finally {
    progress.end();
  }
}

function checkUnannotated(module: Uint8Array, force: boolean, context: CommandContext): void {
  if (isRego(module)) {
    throw new UnannotatedError('Cannot push a Rego policy that is not annotated: nothing says how it is to be run');
  }
  if (!force) throw new UnannotatedError('Cannot push a policy that is not annotated; --force does it all the same');
  log(context, 'warn', 'pushing a policy that is not annotated');
}

function annotationsOf(
  metadata: PolicyMetadata | undefined,
  context: CommandContext,
): Readonly<Record<string, string>> {
  const { annotations, dropped } = artifactAnnotations(metadata?.annotations ?? {});
  for (const name of dropped) log(context, 'warn', `the annotation ${name} has several lines and is left out`);
  return annotations;
}
