import { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { admissionRequestCommand } from './scaffold-admission-request.ts';
import { artifactHubCommand } from './scaffold-artifacthub.ts';
import { manifestCommand } from './scaffold-manifest.ts';
import { vapCommand } from './scaffold-vap.ts';
import { verificationConfigCommand } from './scaffold-verification-config.ts';
import { newCommand } from './new.ts';

export function scaffoldCommand(context: CommandContext): Command {
  const command = new Command('scaffold').description('write manifests, requests and projects to start from');
  const children = [
    manifestCommand,
    admissionRequestCommand,
    vapCommand,
    artifactHubCommand,
    verificationConfigCommand,
  ];
  for (const child of children) command.addCommand(child(context));
  // kwctl has no projects; the one command is the other under a second name.
  return context.program === 'kwctl' ? command : command.addCommand(newCommand(context, 'policy'));
}
