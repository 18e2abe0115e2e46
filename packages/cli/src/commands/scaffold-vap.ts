import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { parseRegistryReference } from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { log } from '../log.ts';
import { policyOfVap, readManifest } from '../scaffold/vap.ts';

const CEL_POLICY = 'ghcr.io/kubewarden/policies/cel-policy:latest';

interface VapFlags {
  readonly policy: string;
  readonly binding: string;
  readonly celPolicy: string;
}

export function vapCommand(context: CommandContext): Command {
  return new Command('vap')
    .description('print the ClusterAdmissionPolicy that does what a ValidatingAdmissionPolicy and its binding do')
    .requiredOption('-p, --policy <file>', 'the ValidatingAdmissionPolicy')
    .requiredOption('-b, --binding <file>', 'the ValidatingAdmissionPolicyBinding')
    .option('--cel-policy <uri>', 'the module that evaluates CEL', CEL_POLICY)
    .action((flags: VapFlags) => convert(flags, context));
}

async function convert({ policy, binding, celPolicy }: VapFlags, context: CommandContext): Promise<void> {
  warnAboutTag(celPolicy, context);
  const read = async (path: string, kind: string) =>
    readManifest(await readFile(resolve(context.cwd, path), 'utf8'), path, kind);
  const { document, dropped } = policyOfVap({
    policy: await read(policy, 'ValidatingAdmissionPolicy'),
    binding: await read(binding, 'ValidatingAdmissionPolicyBinding'),
    module: celPolicy,
  });
  for (const field of dropped) log(context, 'warn', `${field} has no counterpart in a policy and is left out`);
  context.stdout.write(stringify(document, { lineWidth: 0 }));
}

function warnAboutTag(celPolicy: string, context: CommandContext): void {
  try {
    const { tag, digest } = parseRegistryReference(celPolicy);
    if (tag !== 'latest' || digest !== undefined) return;
    log(
      context,
      'warn',
      'Using the latest version of the CEL policy could lead to unexpected behavior: name a version',
    );
  } catch {
    log(context, 'warn', `${celPolicy} is no image reference; it is taken as it is`);
  }
}
