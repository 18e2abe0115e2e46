import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assetFolder } from '../assets.ts';

export type Language = 'typescript' | 'go' | 'rust' | 'rego';

/** A project that can't be started where it was asked for. */
export class ProjectError extends Error {
  override readonly name = 'ProjectError';
  readonly code = 'project';
  readonly hint = 'name another folder: --dir FOLDER';
}

export interface ProjectInput {
  readonly name: string;
  readonly language: Language;
  /** Absolute; made if need be. */
  readonly folder: string;
}

/** The commands that a newcomer types, after entering the folder; testing builds and annotates first. */
const NEXT: Readonly<Record<Language, readonly string[]>> = {
  typescript: ['npm install', 'npm test'],
  go: ['make test'],
  rust: ['make test'],
  rego: ['make test'],
};

/** Templates end so: none of the tools that look after this project takes them for its sources. */
const ENDING = '.tmpl';

/**
 * Writes the template of a language, with the name of the policy filled in.
 *
 * @throws ProjectError when the folder has something in it
 */
export async function createProject({ name, language, folder }: ProjectInput): Promise<{
  readonly files: readonly string[];
  readonly next: readonly string[];
}> {
  const existing = await readdir(folder).catch(() => []);
  if (existing.length > 0) throw new ProjectError(`${folder} is not empty`);
  const templates = join(assetFolder('templates'), language);
  const files: string[] = [];
  for (const entry of await readdir(templates, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const file = source.slice(templates.length + 1, -ENDING.length).replace(/(^|\/)_/, '$1.');
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), filled(await readFile(source, 'utf8'), name));
    files.push(file);
  }
  if (language === 'typescript') await copySdk(folder);
  return { files: files.toSorted(), next: NEXT[language] };
}

function filled(template: string, name: string): string {
  return template.replaceAll('{{name}}', name).replaceAll('{{crate}}', name.replaceAll('-', '_'));
}

/** The SDK goes along, so that a project builds as it did on its first day, and without a package registry of ours. */
async function copySdk(folder: string): Promise<void> {
  const sdk = assetFolder('sdk');
  for (const part of ['assembly', 'asconfig.json', 'package.json', 'README.md']) {
    await cp(join(sdk, part), join(folder, 'sdk', part), {
      recursive: true,
      filter: (path) => !path.endsWith('/testing'),
    });
  }
}
