import { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { NotStoredError } from '../registry/errors.ts';
import { locate } from '../registry/locate.ts';
import { openLocalStore } from '../registry/open.ts';

export function rmCommand(context: CommandContext): Command {
  return new Command('rm')
    .description('remove a policy from the local store')
    .argument('<policy>', 'a URI, or the beginning of the SHA-256 of a stored policy')
    .action(async (policy: string) => {
      const store = openLocalStore(context);
      const { reference, url } = await locate(policy, store, context, { takesImages: true });
      // What the store does not have is the user's own file, and not ours to delete.
      if (reference.kind === 'file') throw new NotStoredError(url);
      await store.remove(reference);
    });
}
