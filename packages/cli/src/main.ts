import { CommanderError } from 'commander';
import { createContext, type CommandSurroundings } from './context.ts';
import { Exit, EXIT, UsageError } from './exit.ts';
import { describeFailure } from './failure.ts';
import { createProgram, namedCommand } from './program.ts';

/**
 * Runs the command line and answers with the exit code: 0 done or accepted, 1 failed, 2 wrong usage, 3 rejected. Under
 * the name kwctl a rejection is 0, as its scripts expect. The commands are in `commands/table.ts`.
 */
export async function main(given: readonly string[], surroundings: CommandSurroundings = {}): Promise<number> {
  const context = createContext(given, surroundings);
  if (given.includes('--no-color') && context.env === process.env) process.env['NO_COLOR'] = '1';
  const named = namedCommand(given);
  try {
    const { program, args } = await createProgram(context, ({ name }) => name === named);
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (error instanceof Exit) return exitCodeOf(error, context.program);
    context.stderr.write(`${describeFailure(error, context)}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

function exitCodeOf({ exitCode }: Exit, program: string): number {
  return program === 'kwctl' && exitCode === EXIT.rejected ? EXIT.done : exitCode;
}
