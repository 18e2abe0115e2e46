import { Command } from 'commander';
import { stringify } from 'yaml';
import type { CommandContext } from '../context.ts';

const HEADER = `# What has to be signed by whom. Saved as verification-config.yml in the configuration folder (see the command info),
# it holds for every policy that is pulled, run or scaffolded from a registry.
#
# allOf: every entry must be satisfied. anyOf: at least minimumMatches of its signatures must be.
# Kinds of entries: githubAction (owner, repo), genericIssuer (issuer, subject), pubKey (key).
`;

export function verificationConfigCommand(context: CommandContext): Command {
  return new Command('verification-config')
    .description('print a configuration that trusts what the Kubewarden project signs')
    .action(() => {
      const owner = { kind: 'githubAction', owner: 'kubewarden', repo: null, annotations: null };
      context.stdout.write(HEADER + stringify({ apiVersion: 'v1', allOf: [owner], anyOf: null }));
    });
}
