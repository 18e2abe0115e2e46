import { Command, CommanderError } from 'commander';
import { generateCommand } from './commands/generate.ts';
import { serveCommand } from './commands/serve.ts';
import { describeError } from './errors.ts';
import { VERSION } from './version.ts';

/** Exit codes: 0 done, 1 failed, 2 wrong usage. */
const FAILED = 1;
const USAGE = 2;

/** Runs the command line and answers with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('ostiary')
    .description('WebAssembly modules at the three gates of a Kubernetes API server')
    .version(VERSION)
    .showHelpAfterError('(run with --help for the options)')
    .exitOverride();
  for (const command of [serveCommand(), generateCommand()]) program.addCommand(inheritExit(command));
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    process.stderr.write(`${describeError(error)}\n`);
    return FAILED;
  }
}

/** Commander copies these settings only to commands that it creates itself. */
function inheritExit(command: Command): Command {
  command.exitOverride().showHelpAfterError('(run with --help for the options)');
  command.commands.forEach(inheritExit);
  return command;
}
