import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import {
  ANNOTATION,
  detectCapabilities,
  isRego,
  MetadataError,
  parseMetadataYaml,
  rewriteJavyImport,
  writeMetadata,
  type PolicyMetadata,
} from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { startClockwork } from '../evaluate/clockwork.ts';
import { EvaluateError } from '../evaluate/errors.ts';
import { checkBackend } from '../evaluate/mode.ts';
import { protocolVersionOf } from '../evaluate/protocol-version.ts';
import { log } from '../log.ts';
import { VERSION } from '../version.ts';

interface AnnotateFlags {
  readonly metadataPath: string;
  readonly outputPath: string;
  readonly usagePath?: string;
}

/** `annotate`: puts a policy's metadata into its module. Contract: authoring §4.3. */
export function annotateCommand(context: CommandContext): Command {
  return new Command('annotate')
    .description('put metadata into a module, in place of what it has')
    .argument('<wasm>', 'the module')
    .requiredOption('-m, --metadata-path <file>', 'the metadata, YAML')
    .requiredOption('-o, --output-path <file>', 'where the annotated module goes')
    .option('-u, --usage-path <file>', 'how the policy is used, Markdown')
    .action((wasm: string, flags: AnnotateFlags) => annotate(wasm, flags, context));
}

async function annotate(wasm: string, flags: AnnotateFlags, context: CommandContext): Promise<void> {
  const at = (path: string): string => resolve(context.cwd, path);
  const bytes = await readFile(at(wasm));
  const written = parseMetadataYaml(await readFile(at(flags.metadataPath), 'utf8'), flags.metadataPath);
  const usage = flags.usagePath === undefined ? undefined : await readFile(at(flags.usagePath), 'utf8');
  checkBackend(written.executionMode, isRegoModule(bytes));
  const metadata: PolicyMetadata = {
    ...written,
    protocolVersion: written.executionMode === 'kubewarden-wapc' ? await protocolVersion(bytes) : 'Unknown',
    annotations: {
      ...written.annotations,
      [ANNOTATION.tool]: VERSION,
      ...(usage !== undefined && { [ANNOTATION.usage]: usage }),
    },
  };
  for (const warning of capabilityWarnings(bytes, written)) log(context, 'warn', warning);
  await writeWhole(at(flags.outputPath), rewriteJavyImport(writeMetadata(bytes, metadata)));
}

async function protocolVersion(bytes: Uint8Array): Promise<'v1'> {
  await using clockwork = startClockwork();
  return protocolVersionOf(bytes, clockwork.control);
}

function isRegoModule(bytes: Uint8Array): boolean {
  try {
    return isRego(bytes);
  } catch (error) {
    if (error instanceof MetadataError || !(error instanceof Error)) throw error;
    throw new EvaluateError('unusable-module', `not a WebAssembly module: ${error.message}`, { cause: error });
  }
}

/** What the author says the policy calls, against what seems to be in it: a guess, so never an error. */
function capabilityWarnings(bytes: Uint8Array, { hostCapabilities = [] }: PolicyMetadata): readonly string[] {
  const detected: readonly string[] = detectCapabilities(bytes);
  const undeclared = detected.filter((one) => !hostCapabilities.includes(one)).toSorted();
  const unseen = hostCapabilities.filter((one) => !detected.includes(one)).toSorted();
  return [
    ...(undeclared.length === 0
      ? []
      : [`host capabilities used by the policy but not declared in its metadata: ${undeclared.join(', ')}`]),
    ...(unseen.length === 0
      ? []
      : [`host capabilities declared in the metadata but not detected in the policy: ${unseen.join(', ')}`]),
  ];
}

/** Whole or not at all: a build that is interrupted must not leave half a module behind. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
