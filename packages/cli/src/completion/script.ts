import type { Shell } from '../commands/completions.ts';
import { allCommands, type CommandModel } from '../reference/model.ts';
import { bashScript } from './bash.ts';
import { elvishScript } from './elvish.ts';
import { fishScript } from './fish.ts';
import type { CompletionTable } from './completion-table.ts';
import { powershellScript } from './powershell.ts';
import { zshScript } from './zsh.ts';

/** A script that a shell reads once and that then completes this program's command lines. */
export function completionScript(model: CommandModel, shell: Shell): string {
  return WRITERS[shell](tableOf(model));
}

const WRITERS: Readonly<Record<Shell, (table: CompletionTable) => string>> = {
  bash: bashScript,
  elvish: elvishScript,
  fish: fishScript,
  powershell: powershellScript,
  zsh: zshScript,
};

/** Arguments of these names are completed with what is in the store. */
const STORED: ReadonlySet<string> = new Set(['policy', 'policies', 'uri', 'target', 'ref', 'wasm']);

function tableOf(model: CommandModel): CompletionTable {
  return {
    program: model.path,
    commands: allCommands(model).map((command) => ({
      path: command.path,
      commands: command.commands.map(({ path, about }) => ({ word: path.slice(path.lastIndexOf(' ') + 1), about })),
      options: command.options.map(({ names, about, takesValue, choices }) => ({ names, about, takesValue, choices })),
      takesPolicies: command.arguments.some(({ name }) => STORED.has(name)),
    })),
  };
}
