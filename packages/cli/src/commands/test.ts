import { watch } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { CommandContext } from '../context.ts';
import { startClockwork } from '../evaluate/clockwork.ts';
import { readSettings } from '../evaluate/settings.ts';
import { EMPTY_WORLD } from '../evaluate/world.ts';
import type { EvaluateOptions } from '../evaluate/policy.ts';
import { Exit, EXIT, UsageError } from '../exit.ts';
import { log } from '../log.ts';
import { styleOf } from '../output/style.ts';
import { addRegistryFlags, addSignatureFlags, type RegistryFlags, type SignatureFlags } from '../registry/flags.ts';
import { obtain } from '../registry/obtain.ts';
import { parseDocuments, readDocuments } from '../request/documents.ts';
import { patternOf } from '../testing/match.ts';
import { junitText, resultsText, tapText } from '../testing/report.ts';
import { tallyOf, type CaseResult } from '../testing/result.ts';
import { runTestFile } from '../testing/run-file.ts';
import { isTestFile, loadPolicies, runManifests } from '../testing/run-manifests.ts';
import { TEST_FILE_SCHEMA } from '../testing/schema.ts';

interface TestFlags extends RegistryFlags, SignatureFlags {
  readonly filter?: string;
  readonly update?: true;
  readonly watch?: true;
  readonly junit?: string;
  readonly tap?: true;
  readonly manifests?: string;
  readonly settingsPath?: string;
  readonly settingsJson?: string;
  readonly schema?: true;
}

/** `test`: what policies say, against what they are expected to say. */
export function testCommand(context: CommandContext): Command {
  const command = new Command('test')
    .description('check what policies say against files of cases, or against manifests; 0 as expected, 3 not')
    .argument(
      '[paths...]',
      'files of cases (*.policytest.yaml, policy-test.yml) or folders; with --manifests policies (default: this folder)',
    )
    .addOption(new Option('--filter <text>', 'only cases whose names have it; /a regular expression/ as well'))
    .addOption(new Option('--update', 'write mutated objects into the files they are compared with'))
    .addOption(new Option('--watch', 'again whenever something changes'))
    .addOption(new Option('--junit <file>', "write JUnit's XML, too"))
    .addOption(new Option('--tap', 'TAP in place of the table'))
    .addOption(new Option('--schema', 'print the JSON Schema of files of cases'))
    .optionsGroup('Manifests:')
    .addOption(new Option('--manifests <path>', 'ask every policy about every object there; - for standard input'))
    .addOption(new Option('-s, --settings-path <file>', 'settings of policies that are modules by themselves'))
    .addOption(new Option('--settings-json <json>', 'the same as text'));
  addSignatureFlags(addRegistryFlags(command));
  return command.action(async (paths: readonly string[], flags: TestFlags) => {
    if (flags.schema) return void context.stdout.write(`${JSON.stringify(TEST_FILE_SCHEMA, null, 2)}\n`);
    if (flags.watch) return watched(paths, flags, context);
    const results = await runOnce(paths, flags, context);
    if (tallyOf(results).failed > 0) throw new Exit(EXIT.rejected);
  });
}

async function runOnce(
  paths: readonly string[],
  flags: TestFlags,
  context: CommandContext,
): Promise<readonly CaseResult[]> {
  await using clockwork = startClockwork();
  const options: EvaluateOptions = { control: clockwork.control, world: EMPTY_WORLD };
  const results =
    flags.manifests === undefined
      ? await runFiles(paths, flags, context, options)
      : await runPolicies(paths, flags.manifests, flags, context, options);
  context.stdout.write(flags.tap ? tapText(results) : resultsText(results, styleOf(context)));
  if (flags.junit !== undefined) await writeFile(resolve(context.cwd, flags.junit), junitText(results));
  return results;
}

async function runFiles(
  paths: readonly string[],
  { filter, update }: TestFlags,
  context: CommandContext,
  options: EvaluateOptions,
): Promise<readonly CaseResult[]> {
  const files = await testFiles(paths, context);
  if (files.length === 0) {
    throw new UsageError(
      'there are no files of cases (*.policytest.yaml, policy-test.yml) here; name one, or a folder',
    );
  }
  const isWanted = wantedBy(filter);
  const warn = (message: string): void => log(context, 'warn', message);
  const results: CaseResult[] = [];
  for (const file of files) {
    results.push(...(await runTestFile(file, context, { ...options, isWanted, update: update === true, warn })));
  }
  return results;
}

function wantedBy(filter: string | undefined): (name: string) => boolean {
  if (filter === undefined) return () => true;
  const pattern = patternOf(filter);
  return (name) => (pattern ? pattern.test(name) : name.includes(filter));
}

/** Folders in which nobody keeps cases of their own. */
const PASSED_OVER: ReadonlySet<string> = new Set(['node_modules', '.git', 'target']);

async function testFiles(paths: readonly string[], { cwd }: CommandContext): Promise<readonly string[]> {
  const given = paths.length === 0 ? ['.'] : paths;
  const found = await Promise.all(given.map((path) => testFilesAt(resolve(cwd, path))));
  return found.flat();
}

async function testFilesAt(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const below = await Promise.all(
    entries
      .toSorted((left, right) => (left.name < right.name ? -1 : 1))
      .map(async (entry): Promise<readonly string[]> => {
        if (entry.isDirectory()) return PASSED_OVER.has(entry.name) ? [] : testFilesAt(join(path, entry.name));
        return isTestFile(entry.name) ? [join(path, entry.name)] : [];
      }),
  );
  return below.flat();
}

async function runPolicies(
  paths: readonly string[],
  manifests: string,
  flags: TestFlags,
  context: CommandContext,
  options: EvaluateOptions,
): Promise<readonly CaseResult[]> {
  if (paths.length === 0)
    throw new UsageError('name the policies to ask about the manifests: modules, YAML files or folders');
  const { settingsPath, settingsJson } = flags;
  const given = settingsPath !== undefined || settingsJson !== undefined;
  const path = settingsPath === undefined ? undefined : resolve(context.cwd, settingsPath);
  const programs = await loadPolicies(paths, context, {
    ...options,
    settings: given ? await readSettings({ settingsPath: path, settingsJson }) : undefined,
    fetch: async (module) => readFile((await obtain(module, flags, context, { takesImages: true })).path),
  });
  const documents =
    manifests === '-'
      ? await parseDocuments(new TextDecoder().decode(await context.readStdin()), 'standard input')
      : await readDocuments(resolve(context.cwd, manifests));
  return runManifests(programs, documents, (message) => log(context, 'warn', message));
}

/** Editors write a file in several steps; this long nothing may happen before the next run. */
const SETTLE_MS = 100;

/** Runs again after every change, until the process is stopped. */
async function watched(paths: readonly string[], flags: TestFlags, context: CommandContext): Promise<void> {
  if (flags.manifests === '-') throw new UsageError('standard input can be read only once: --watch needs files');
  const run = async (): Promise<void> => {
    context.stdout.write('\n');
    await runOnce(paths, flags, context).catch((error: unknown) => {
      context.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    });
  };
  await run();
  let changed = Promise.withResolvers<void>();
  const folders = (paths.length === 0 ? ['.'] : paths).map((path) => resolve(context.cwd, path));
  for (const folder of folders) {
    const at = (await stat(folder)).isDirectory() ? folder : dirname(folder);
    watch(at, { recursive: true }, () => changed.resolve());
  }
  for (;;) {
    await changed.promise;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    // What a run writes itself must not start the next one.
    await run();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    changed = Promise.withResolvers<void>();
  }
}
