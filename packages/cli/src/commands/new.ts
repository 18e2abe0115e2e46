import { Command, Option } from 'commander';
import { resolve } from 'node:path';
import type { CommandContext } from '../context.ts';
import { UsageError } from '../exit.ts';
import type { Language } from '../scaffold/project.ts';

const LANGUAGES = ['typescript', 'go', 'rust', 'rego'] as const satisfies readonly Language[];

/** What names of Kubernetes objects, npm packages, crates and images have in common. */
const NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

interface NewFlags {
  readonly language: Language;
  readonly dir?: string;
}

/** @param name `new`, or `policy` below scaffold */
export function newCommand(context: CommandContext, name = 'new'): Command {
  return new Command(name)
    .description('start a policy project that builds, tests and annotates with one command each')
    .argument('<name>', 'of the policy: lower-case letters, digits and hyphens')
    .addOption(new Option('-l, --language <language>', 'to write it in').choices(LANGUAGES).makeOptionMandatory())
    .option('--dir <folder>', 'default: a new folder of the same name')
    .action(async (policy: string, { language, dir }: NewFlags) => {
      if (!NAME.test(policy)) {
        throw new UsageError(
          `'${policy}' can't be the name: use lower-case letters, digits and hyphens, as in no-latest`,
        );
      }
      const { createProject } = await import('../scaffold/project.ts');
      const folder = resolve(context.cwd, dir ?? policy);
      const { files, next } = await createProject({ name: policy, language, folder });
      context.stdout.write(
        `${files.length} files in ${dir ?? policy}. Next:\n\n  cd ${dir ?? policy}\n${next.map((line) => `  ${line}\n`).join('')}`,
      );
    });
}
