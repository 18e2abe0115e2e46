import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { artifactHubPackage, parseMetadataYaml } from '@ostiary/registry';
import type { CommandContext } from '../context.ts';

interface ArtifactHubFlags {
  readonly metadataPath?: string;
  readonly questionsPath?: string;
  readonly output?: string;
}

const METADATA = ['metadata.yml', 'metadata.yaml'];
const QUESTIONS = ['questions-ui.yml', 'questions-ui.yaml', 'questions.yml', 'questions.yaml'];

/** No metadata where they are usually found, or where a flag says. */
export class NoMetadataFileError extends Error {
  override readonly name = 'NoMetadataFileError';
  readonly code = 'no-metadata-file';
  readonly hint = 'name the file: ostiary scaffold artifacthub -m FILE';
}

export function artifactHubCommand(context: CommandContext): Command {
  return new Command('artifacthub')
    .description('write an artifacthub-pkg.yml from the metadata of a policy')
    .option('-m, --metadata-path <file>', `default: ${METADATA.join(' or ')} in this folder`)
    .option('-q, --questions-path <file>', `default: ${QUESTIONS.join(', ')} in this folder, if there is one`)
    .option('-o, --output <file>', 'default: standard output')
    .addOption(new Option('-v, --version <version>', 'ignored; the metadata have it').hideHelp())
    .action((flags: ArtifactHubFlags) => describePackage(flags, context));
}

async function describePackage(flags: ArtifactHubFlags, context: CommandContext): Promise<void> {
  const { cwd } = context;
  const file = flags.metadataPath ?? firstIn(cwd, METADATA);
  if (file === undefined) throw new NoMetadataFileError(`no ${METADATA.join(' or ')} in ${cwd}`);
  const questions = flags.questionsPath ?? firstIn(cwd, QUESTIONS);
  const text = artifactHubPackage({
    metadata: parseMetadataYaml(await readFile(resolve(cwd, file), 'utf8'), file),
    questions: questions === undefined ? undefined : await readFile(resolve(cwd, questions), 'utf8'),
    createdAt: new Date(),
  });
  if (flags.output === undefined) context.stdout.write(text);
  else await writeFile(resolve(cwd, flags.output), text);
}

function firstIn(folder: string, names: readonly string[]): string | undefined {
  return names.find((name) => existsSync(resolve(folder, name)));
}
