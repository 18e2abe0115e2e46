import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { VERSION } from '../version.ts';

export function manCommand(context: CommandContext): Command {
  return new Command('man')
    .description('write manual pages, one per command')
    .requiredOption('-o, --output <dir>', 'as in ~/.local/share/man/man1')
    .action(async ({ output }: { readonly output: string }) => {
      const [{ allCommands, describeProgram }, { manualPage, pageName }] = await Promise.all([
        import('../reference/model.ts'),
        import('../reference/roff.ts'),
      ]);
      const folder = resolve(context.cwd, output);
      await mkdir(folder, { recursive: true });
      for (const command of allCommands(await describeProgram(context))) {
        await writeFile(join(folder, `${pageName(command)}.1`), manualPage(command, VERSION));
      }
    });
}
