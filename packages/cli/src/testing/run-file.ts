import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { JsonValue, Rule } from '@ostiary/policy';
import { parseMetadataYaml } from '@ostiary/registry';
import type { CommandContext } from '../context.ts';
import { EvaluateError } from '../evaluate/errors.ts';
import { natureOf, type ModuleNature } from '../evaluate/mode.ts';
import type { EvaluateOptions } from '../evaluate/policy.ts';
import { loadModule, type Program } from '../evaluate/program.ts';
import { EMPTY_WORLD, openWorld } from '../evaluate/world.ts';
import { mutationOf } from '../output/mutation.ts';
import { toYaml } from '../output/yaml.ts';
import { kindsDefinedBy } from '../request/discovery.ts';
import { readDocuments, readText, type Document } from '../request/documents.ts';
import { subjectOf, titleOf, type Subject } from '../request/subject.ts';
import { isMeantFor } from './attributes.ts';
import { unmet, type Found } from './expect.ts';
import {
  parseTestFile,
  TestFileError,
  type CaseContext,
  type CaseInput,
  type TestCase,
  type TestFile,
} from './file.ts';
import type { CaseResult } from './result.ts';

export interface RunOptions extends EvaluateOptions {
  /** Which cases, by their names. */
  readonly isWanted: (name: string) => boolean;
  /** Writes mutated objects in the place of the files they are compared with. */
  readonly update: boolean;
  readonly warn: (message: string) => void;
}

/** A file of cases and the policy it is about. */
interface Suite {
  readonly name: string;
  readonly folder: string;
  readonly file: TestFile;
  readonly bytes: Uint8Array;
  readonly nature: ModuleNature;
  /** Undefined: nobody says, so nothing is skipped. */
  readonly rules: readonly Rule[] | undefined;
  readonly grants: {
    readonly hostCapabilities: readonly string[];
    readonly contextAwareResources: readonly { readonly apiVersion: string; readonly kind: string }[];
  };
  readonly options: RunOptions;
  /** Policies by their settings, for the cases without a world. */
  readonly programs: Map<string, Promise<Program>>;
}

/** Runs the cases of a file. A case that can't be run is a result; throws for a file that can't. */
export async function runTestFile(
  path: string,
  { cwd }: Pick<CommandContext, 'cwd'>,
  options: RunOptions,
): Promise<readonly CaseResult[]> {
  const name = relative(cwd, path);
  const folder = dirname(path);
  const file = await parseTestFile(await readText(path), name);
  const modulePath = file.policy === undefined ? await moduleBeside(folder, name) : resolve(folder, file.policy);
  const bytes = await readFile(modulePath);
  const given =
    file.metadata === undefined
      ? undefined
      : parseMetadataYaml(await readText(resolve(folder, file.metadata)), file.metadata);
  const nature = natureOf(bytes, { metadata: given });
  const { metadata } = nature;
  const grants = { hostCapabilities: ['*'], contextAwareResources: metadata?.contextAwareResources ?? [] };
  const suite: Suite = {
    name,
    folder,
    file,
    bytes,
    nature,
    rules: metadata?.rules,
    grants,
    options,
    programs: new Map(),
  };
  const results: CaseResult[] = [];
  for (const each of file.cases) if (options.isWanted(each.name)) results.push(await runCase(suite, each));
  return results;
}

async function moduleBeside(folder: string, file: string): Promise<string> {
  const modules = (await readdir(folder)).filter((name) => name.endsWith('.wasm'));
  const [only] = modules;
  if (only !== undefined && modules.length === 1) return join(folder, only);
  throw new TestFileError(`${file}: policy: expected the path of the module; ${modules.length} are beside this file`);
}

async function runCase(suite: Suite, test: TestCase): Promise<CaseResult> {
  const started = performance.now();
  const result = (outcome: CaseResult['outcome'], found: string, problems: readonly string[]): CaseResult => ({
    suite: suite.name,
    name: test.name,
    outcome,
    found,
    problems,
    ms: performance.now() - started,
  });
  try {
    const { found, problems, updated } = await checkCase(suite, test);
    if (problems.length > 0) return result('fail', found, problems);
    return result(updated ? 'updated' : 'pass', found, []);
  } catch (error) {
    return result('error', 'error', [error instanceof Error ? error.message : String(error)]);
  }
}

interface Checked {
  readonly found: string;
  readonly problems: readonly string[];
  readonly updated: boolean;
}

async function checkCase(suite: Suite, test: TestCase): Promise<Checked> {
  await using opened = await openProgram(suite, test);
  if ('settingsError' in opened) {
    const found: Found = {
      verdict: 'invalid-settings',
      response: undefined,
      message: opened.settingsError,
      mutation: undefined,
    };
    return { found: found.verdict, problems: await unmet(test.expect, found, undefined), updated: false };
  }
  const subjects = await subjectsOf(suite, test, opened.program.raw);
  if (subjects.length === 0) throw new TestFileError('there is nothing to ask about: the input is empty');
  const all: Checked[] = [];
  for (const subject of subjects)
    all.push(await checkSubject(suite, test, opened.program, subject, subjects.length > 1));
  return {
    found: [...new Set(all.map(({ found }) => found))].join(', '),
    problems: all.flatMap(({ problems }) => problems),
    updated: all.some(({ updated }) => updated),
  };
}

async function checkSubject(
  suite: Suite,
  { expect }: TestCase,
  program: Program,
  subject: Subject,
  named: boolean,
): Promise<Checked> {
  if (subject.warning !== undefined) suite.options.warn(subject.warning);
  const found = await foundOf(suite, program, subject);
  const goldenPath = typeof expect.mutation === 'string' ? resolve(suite.folder, expect.mutation) : undefined;
  const golden = goldenPath === undefined ? undefined : await readGolden(goldenPath);
  const problems = await unmet(expect, found, golden);
  if (
    goldenPath !== undefined &&
    suite.options.update &&
    found.mutation &&
    found.verdict === expect.verdict &&
    problems.length > 0
  ) {
    await writeFile(goldenPath, await toYaml(found.mutation.after));
    const left = await unmet(expect, found, found.mutation.after);
    return { found: found.verdict, problems: left, updated: true };
  }
  const prefix = named ? `${titleOf(subject)}: ` : '';
  return { found: found.verdict, problems: problems.map((problem) => prefix + problem), updated: false };
}

async function foundOf({ rules }: Suite, program: Program, subject: Subject): Promise<Found> {
  if (rules !== undefined && !isMeantFor(rules, subject)) {
    return { verdict: 'skipped', response: undefined, message: "the policy's rules do not match", mutation: undefined };
  }
  const verdict = await program.evaluate(subject);
  if (verdict.type === 'gate') {
    throw new EvaluateError(
      'wrong-request',
      'the module is one of the gates; only Kubewarden policies can be tested by cases',
    );
  }
  const { response } = verdict;
  const message = response.status?.message ?? '';
  const mutation = mutationOf(subject, response);
  return { verdict: response.allowed ? 'accepted' : 'rejected', response, message, mutation };
}

async function readGolden(path: string): Promise<JsonValue | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const [document] = await readDocuments(path);
  return document?.value;
}

type Opened = AsyncDisposable & ({ readonly program: Program } | { readonly settingsError: string });

/** The policy with a case's settings and world. */
async function openProgram(suite: Suite, { settings, context, name }: TestCase): Promise<Opened> {
  const given = settings ?? suite.file.settings;
  const text = given === undefined ? undefined : JSON.stringify(given);
  const world = context === undefined ? EMPTY_WORLD : await worldOf(suite, context, name);
  const close = async (): Promise<void> => world.close();
  const load = (): Promise<Program> =>
    loadModule(
      { name: suite.name, bytes: suite.bytes, nature: suite.nature, settings: text, grants: suite.grants },
      { ...suite.options, world },
    );
  try {
    const key = text ?? '';
    const loading = context === undefined ? (suite.programs.get(key) ?? load()) : load();
    if (context === undefined) suite.programs.set(key, loading);
    return { program: await loading, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    if (!(error instanceof EvaluateError) || error.code !== 'invalid-settings') throw error;
    return { settingsError: error.message, [Symbol.asyncDispose]: async () => undefined };
  }
}

async function worldOf(
  { folder, options }: Suite,
  context: CaseContext,
  name: string,
): Promise<EvaluateOptions['world']> {
  const warn = (message: string): void => options.warn(`${name}: ${message}`);
  if (context.kind === 'session')
    return openWorld({ kind: 'replay', session: resolve(folder, context.path) }, { live: {}, warn });
  const read = await Promise.all(context.paths.map((path) => readDocuments(resolve(folder, path))));
  return openWorld({ kind: 'manifests', documents: read.flat() }, { live: {}, warn });
}

async function subjectsOf({ folder }: Suite, test: TestCase, raw: boolean): Promise<readonly Subject[]> {
  const documents = await documentsOf(test.input, folder, test.name);
  const old = test.oldObject && (await documentsOf(test.oldObject, folder, test.name));
  const { operation, namespace, user } = test;
  const options = { ...(operation !== undefined && { operation }), namespace, user, oldObject: old?.[0]?.value };
  const find = kindsDefinedBy(documents);
  return Promise.all(documents.map((document) => subjectOf(document, raw, options, find)));
}

async function documentsOf(input: CaseInput, folder: string, name: string): Promise<readonly Document[]> {
  if (input.kind === 'path') return readDocuments(resolve(folder, input.path));
  return input.values.map((value, index) => ({
    source: input.values.length === 1 ? name : `${name} #${index + 1}`,
    value,
  }));
}
