import { join } from 'node:path';
import { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { directoriesOf } from '../registry/directories.ts';
import { VERSION } from '../version.ts';

export function infoCommand(context: CommandContext): Command {
  return new Command('info')
    .description('print the version, the builtins of Rego that modules find here, and where things are kept')
    .action(async () => {
      const { builtinTable } = await import('@ostiary/sandbox');
      const builtins = builtinTable()
        .filter(({ leftOut }) => leftOut === undefined)
        .map(({ name }) => `  - ${name}\n`)
        .toSorted();
      const { store, config, cache } = directoriesOf(context);
      context.stdout.write(
        [
          `${context.program} version: ${VERSION}\n\n`,
          `Open Policy Agent/Gatekeeper implementation: ${builtins.length} builtins\n`,
          ...builtins,
          `\nPolicy store: ${store}\nConfig directory: ${config}\nCache directory: ${join(cache, 'kwctl')}\n`,
        ].join(''),
      );
    });
}
