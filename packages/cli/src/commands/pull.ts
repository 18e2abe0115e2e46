import { copyFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { Command } from 'commander';
import { parseReference, type Reference } from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { addRegistryFlags, addSignatureFlags, type RegistryFlags, type SignatureFlags } from '../registry/flags.ts';
import { obtainAt } from '../registry/obtain.ts';
import { openLocalStore, withClient } from '../registry/open.ts';

interface PullFlags extends RegistryFlags, SignatureFlags {
  readonly outputPath?: string;
}

export function pullCommand(context: CommandContext): Command {
  const command = new Command('pull')
    .description('fetch a policy into the local store, or to a file; verify it first if that is configured')
    .argument('<uri>', 'registry://, https://, http:// or file://; registry:// may be left out')
    .option('-o, --output-path <path>', 'a file, or a folder to put it in');
  addSignatureFlags(addRegistryFlags(command));
  return command.action((uri: string, flags: PullFlags) => pull(uri, flags, context));
}

async function pull(uri: string, flags: PullFlags, context: CommandContext): Promise<void> {
  const reference = parseReference(uri, { base: context.cwd });
  const store = openLocalStore(context);
  const module = await withClient(flags, context, (client) => obtainAt(reference, { client, store, flags, context }));
  // What an interrupted pull left behind would otherwise stay for good.
  await store.collectGarbage();
  if (flags.outputPath === undefined) return;
  const given = resolve(context.cwd, flags.outputPath);
  const target = (await isFolder(given)) ? join(given, fileName(reference)) : given;
  await copyWhole(module.path, target);
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The last part of the reference, as in `name:v1`. */
function fileName(reference: Reference): string {
  if (reference.kind === 'file') return basename(reference.path);
  if (reference.kind === 'http') return basename(reference.url.pathname) || 'policy.wasm';
  const { repository, tag, digest } = reference;
  return `${basename(repository)}${digest === undefined ? `:${tag ?? 'latest'}` : `@${digest}`}`;
}

/** Copies so that at `to` there is never half a module. */
async function copyWhole(from: string, to: string): Promise<void> {
  if (from === to) return;
  const temporary = `${to}.part-${process.pid}`;
  try {
    await copyFile(from, temporary);
    await rename(temporary, to);
  } finally {
    await rm(temporary, { force: true });
  }
}
