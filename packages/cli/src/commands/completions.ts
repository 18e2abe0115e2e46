import { Command, Option } from 'commander';
import type { CommandContext } from '../context.ts';

const SHELLS = ['bash', 'elvish', 'fish', 'powershell', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionsCommand(context: CommandContext): Command {
  return new Command('completions')
    .description('print a script that completes commands, options and stored policies in a shell')
    .addOption(new Option('-s, --shell <shell>', 'which one').choices(SHELLS).makeOptionMandatory())
    .action(async ({ shell }: { readonly shell: Shell }) => {
      const [{ describeProgram }, { completionScript }] = await Promise.all([
        import('../reference/model.ts'),
        import('../completion/script.ts'),
      ]);
      context.stdout.write(completionScript(await describeProgram(context), shell));
    });
}
