import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { CommandContext } from '../context.ts';

export function docsCommand(context: CommandContext): Command {
  return new Command('docs')
    .description('write the reference of all commands')
    .requiredOption('-o, --output <file>', 'Markdown if its name ends in .md, AsciiDoc otherwise')
    .action(async ({ output }: { readonly output: string }) => {
      const [{ describeProgram }, { referenceDocument }] = await Promise.all([
        import('../reference/model.ts'),
        import('../reference/markdown.ts'),
      ]);
      const format = output.endsWith('.md') ? 'markdown' : 'asciidoc';
      await writeFile(resolve(context.cwd, output), referenceDocument(await describeProgram(context), format));
    });
}
