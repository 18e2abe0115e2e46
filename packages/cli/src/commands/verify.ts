import { Command } from 'commander';
import { parseReference } from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { log } from '../log.ts';
import { addRegistryFlags, addSignatureFlags, type RegistryFlags, type SignatureFlags } from '../registry/flags.ts';
import { withClient } from '../registry/open.ts';
import { demandOf, NothingDemandedError, verify } from '../registry/trust.ts';

export function verifyCommand(context: CommandContext): Command {
  const command = new Command('verify')
    .description('check that a policy in a registry is signed as flags or a configuration demand')
    .argument('<uri>', 'the image of the policy; registry:// may be left out');
  addSignatureFlags(addRegistryFlags(command));
  return command.action(async (uri: string, flags: RegistryFlags & SignatureFlags) => {
    const demand = await demandOf(flags, context);
    if (demand === undefined) throw new NothingDemandedError();
    const reference = parseReference(uri, { base: context.cwd });
    // Whoever asks for a verification must not take a file's lack of one for a success.
    const asked = { ...demand, isDefault: false };
    const digest = await withClient(flags, context, (client) => verify(reference, asked, { client, flags, context }));
    log(context, 'debug', `the signed manifest is ${digest}`);
    log(context, 'info', 'Policy successfully verified');
  });
}
