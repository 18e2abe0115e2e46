import { Command } from 'commander';
import { COMMANDS, type CommandRow } from './commands/table.ts';
import type { CommandContext } from './context.ts';
import { VERSION } from './version.ts';

/** The rows that a program has under the name it was started with. */
export function rowsOf({ program }: CommandContext): readonly CommandRow[] {
  return COMMANDS.filter(({ isKwctl }) => isKwctl || program === 'ostiary');
}

/** The command line, with the commands that `isNeeded` loaded in full and the others by name. */
export async function createProgram(
  context: CommandContext,
  isNeeded: (row: CommandRow) => boolean,
): Promise<{ readonly program: Command; readonly args: readonly string[] }> {
  const program = new Command(context.program)
    .description('WebAssembly modules at the three gates of a Kubernetes API server')
    .version(VERSION)
    .option('-v, --verbose', 'more about what happens')
    .option('--no-color', 'plain text; NO_COLOR in the environment does the same')
    // What stands after a command is the command's own: it may have a version too.
    .enablePositionalOptions();
  let args = context.args;
  for (const row of rowsOf(context)) {
    const loaded = isNeeded(row) ? await row.load(context) : { command: new Command(row.name) };
    args = loaded.args ?? args;
    program.addCommand(loaded.command.helpGroup(`${row.group}:`).summary(row.about));
  }
  return { program: configured(program, context), args };
}

/** Commander copies these settings only to commands that it creates itself. */
function configured(command: Command, context: CommandContext): Command {
  command
    .exitOverride()
    .showHelpAfterError('(run with --help for the options)')
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      getOutHelpWidth: () => widthOf(context.stdout.columns),
      getErrHelpWidth: () => widthOf(context.stderr.columns),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const child of command.commands) configured(child, context);
  return command;
}

/** Lines of help in pipes and files are as long as on a common terminal, so that documents don't depend on where they are made. */
const PIPE_COLUMNS = 100;
const MIN_COLUMNS = 40;

function widthOf(columns: number | undefined): number {
  return Math.max(columns ?? PIPE_COLUMNS, MIN_COLUMNS);
}

/** The name of the command that a command line runs or asks help for; undefined when it names none. */
export function namedCommand(args: readonly string[]): string | undefined {
  const words = args.filter((arg) => !arg.startsWith('-'));
  return words[0] === 'help' ? words[1] : words[0];
}
