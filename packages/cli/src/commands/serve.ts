import { Command } from 'commander';
import { settingsSchema } from '@ostiary/server';
import { addServeFlags, settingsFrom, type ServeFlags } from '../serve-flags.ts';
import { runServer } from '../serve-run.ts';

/** @param args The whole command line, for a process in the background */
export function serveCommand(args: readonly string[]): Command {
  const command = new Command('serve').description(
    'answer the API server at /authn, /authz, /admit, /admit-mut and for policies; with neither gates nor policies, serve the examples on loopback',
  );
  addServeFlags(command);
  return command.action(async (flags: ServeFlags) => {
    if (flags['configSchema']) return printSchema();
    await runServer(await settingsFrom(flags, command, {}), args, command);
  });
}

export function printSchema(): void {
  process.stdout.write(`${JSON.stringify(settingsSchema(), null, 2)}\n`);
}
