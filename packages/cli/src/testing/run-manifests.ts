import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import type { Rule } from '@ostiary/policy';
import type { CommandContext } from '../context.ts';
import { parsePolicyResources } from '../evaluate/definition.ts';
import { natureOf } from '../evaluate/mode.ts';
import type { EvaluateOptions } from '../evaluate/policy.ts';
import { loadModule, loadResource, type Program } from '../evaluate/program.ts';
import { kindsDefinedBy } from '../request/discovery.ts';
import { readText, type Document } from '../request/documents.ts';
import { subjectOf, titleOf } from '../request/subject.ts';
import { isMeantFor } from './attributes.ts';
import type { CaseResult } from './result.ts';

/** A policy and the requests that it is meant for. */
export interface RuledProgram {
  readonly program: Program;
  readonly rules: readonly Rule[] | undefined;
}

export interface LoadOptions extends EvaluateOptions {
  /** The bytes that a custom resource's module names. */
  readonly fetch: (module: string) => Promise<Uint8Array>;
  /** JSON text, for modules by themselves. */
  readonly settings: string | undefined;
}

const HOST_CAPABILITIES = ['*'];

/** The policies of files and folders: modules, and custom resources in YAML. */
export async function loadPolicies(
  paths: readonly string[],
  { cwd }: Pick<CommandContext, 'cwd'>,
  options: LoadOptions,
): Promise<readonly RuledProgram[]> {
  const files = (await Promise.all(paths.map((path) => policyFiles(resolve(cwd, path))))).flat();
  const programs: RuledProgram[] = [];
  for (const file of files) programs.push(...(await loadFile(file, relative(cwd, file), options)));
  return programs;
}

async function policyFiles(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(?:wasm|ya?ml)$/.test(name) && !isTestFile(name));
  return names.sort().map((name) => join(path, name));
}

/** Whether a file has cases, by its name. */
export function isTestFile(name: string): boolean {
  return /(?:^policy-test|\.policytest)\.ya?ml$/.test(basename(name));
}

async function loadFile(path: string, shown: string, options: LoadOptions): Promise<readonly RuledProgram[]> {
  if (path.endsWith('.wasm')) {
    const bytes = await readFile(path);
    const nature = natureOf(bytes);
    const grants = {
      hostCapabilities: HOST_CAPABILITIES,
      contextAwareResources: nature.metadata?.contextAwareResources ?? [],
    };
    const program = await loadModule({ name: shown, bytes, nature, settings: options.settings, grants }, options);
    return [{ program, rules: nature.metadata?.rules }];
  }
  const resources = await parsePolicyResources(await readText(path), shown);
  const programs: RuledProgram[] = [];
  for (const resource of resources) {
    const program = await loadResource(resource, { ...options, hostCapabilities: HOST_CAPABILITIES });
    programs.push({ program, rules: resource.rules });
  }
  return programs;
}

/** Asks every policy about every manifest: a rejection fails, what a policy is not meant for is skipped. */
export async function runManifests(
  programs: readonly RuledProgram[],
  documents: readonly Document[],
  warn: (message: string) => void,
): Promise<readonly CaseResult[]> {
  const find = kindsDefinedBy(documents);
  const results: CaseResult[] = [];
  const warned = new Set<string>();
  for (const { program, rules } of programs) {
    for (const document of documents) {
      const subject = await subjectOf(document, program.raw, {}, find);
      if (subject.warning !== undefined && !warned.has(subject.warning)) warn(subject.warning);
      warned.add(subject.warning ?? '');
      const base = { suite: program.name, name: titleOf(subject) };
      if (rules && !isMeantFor(rules, subject)) {
        results.push({ ...base, outcome: 'skip', found: 'skipped', problems: [], ms: 0 });
        continue;
      }
      const started = performance.now();
      const verdict = await program.evaluate(subject);
      const [allowed, message] =
        verdict.type === 'gate'
          ? [verdict.answer.decision === 'allowed', verdict.answer.body]
          : [verdict.response.allowed, verdict.response.status?.message ?? ''];
      results.push({
        ...base,
        outcome: allowed ? 'pass' : 'fail',
        found: allowed ? 'accepted' : 'rejected',
        problems: allowed ? [] : [message],
        ms: performance.now() - started,
      });
    }
  }
  return results;
}
