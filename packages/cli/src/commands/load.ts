import { resolve } from 'node:path';
import { Command } from 'commander';
import { readArchive } from '../archive/archive.ts';
import type { CommandContext } from '../context.ts';
import { log } from '../log.ts';
import { openLocalStore } from '../registry/open.ts';

export function loadCommand(context: CommandContext): Command {
  return new Command('load')
    .description('put the policies of an archive that save wrote into the local store')
    .requiredOption('--input <file>', 'the archive (.tar.gz)')
    .action(async ({ input }: { readonly input: string }) => {
      const report = (url: string): void => log(context, 'debug', `loaded ${url}`);
      await readArchive(resolve(context.cwd, input), openLocalStore(context), report);
    });
}
