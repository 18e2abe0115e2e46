import { resolve } from 'node:path';
import { Command } from 'commander';
import { entryName, writeArchive } from '../archive/archive.ts';
import type { CommandContext } from '../context.ts';
import { NotStoredError } from '../registry/errors.ts';
import { locate } from '../registry/locate.ts';
import { openLocalStore } from '../registry/open.ts';

export function saveCommand(context: CommandContext): Command {
  return new Command('save')
    .description('write stored policies to an archive (.tar.gz), for a machine without network')
    .argument('<policies...>', 'URIs, or the beginnings of the SHA-256 of stored policies')
    .requiredOption('-o, --output <file>', 'the archive; an existing one is replaced')
    .action(async (policies: readonly string[], { output }: { readonly output: string }) => {
      const store = openLocalStore(context);
      const modules = [];
      for (const policy of policies) {
        const { reference, url, path, size } = await locate(policy, store, context);
        if (reference.kind === 'file') throw new NotStoredError(url);
        modules.push({ path, size, name: entryName(store, path) });
      }
      await writeArchive(resolve(context.cwd, output), modules);
    });
}
