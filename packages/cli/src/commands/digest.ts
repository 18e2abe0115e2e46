import { Command } from 'commander';
import { parseRegistryReference } from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { addRegistryFlags, type RegistryFlags } from '../registry/flags.ts';
import { withClient } from '../registry/open.ts';

export function digestCommand(context: CommandContext): Command {
  const command = new Command('digest')
    .description('print the reference with the digest that a tag names now')
    .argument('<uri>', 'the image of a policy; registry:// may be left out');
  addRegistryFlags(command);
  return command.action(async (uri: string, flags: RegistryFlags) => {
    const reference = parseRegistryReference(uri);
    const { digest } = await withClient(flags, context, (client) => client.resolve(reference));
    context.stdout.write(`${uri}@${digest}\n`);
  });
}
