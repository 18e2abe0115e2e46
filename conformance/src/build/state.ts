import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Recipe } from './recipes.ts';

/** What is known of a toolchain's guests since they were last built; kept beside them. */
export type BuildState =
  | { readonly status: 'built'; readonly version: string; readonly sources: string }
  | { readonly status: 'missing'; readonly reason: string };

const ROOM = fileURLToPath(new URL('../..', import.meta.url));
const STATE_FILE = 'state.json';

export function sourceFolder({ name, sources }: Pick<Recipe, 'name' | 'sources'>): string {
  return join(ROOM, sources ?? join('guests', name));
}

export function outputFolder({ name }: Pick<Recipe, 'name'>): string {
  return join(ROOM, 'build', name);
}

/** The binary of one module, once it is built. */
export function modulePath(recipe: Pick<Recipe, 'name'>, module: string): string {
  return join(outputFolder(recipe), `${module}.wasm`);
}

/** A digest of everything that the modules are made of, options included; not of the toolchain. */
export function sourceDigest(recipe: Recipe): string {
  const folder = sourceFolder(recipe);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256').update(
    JSON.stringify(recipe.commands('OUTPUT').map(({ args, env }) => [args, env])),
  );
  for (const file of files) hash.update(`\0${relative(folder, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

export function readState(recipe: Recipe): BuildState | undefined {
  const file = join(outputFolder(recipe), STATE_FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BuildState) : undefined;
}

export function writeState(recipe: Recipe, state: BuildState): void {
  mkdirSync(outputFolder(recipe), { recursive: true });
  writeFileSync(join(outputFolder(recipe), STATE_FILE), `${JSON.stringify(state, undefined, 2)}\n`);
}

/** Whether the modules are there and come from these sources; of the version only when one is given. */
export function isCurrent(recipe: Recipe, state: BuildState | undefined, version?: string): boolean {
  return (
    state?.status === 'built' &&
    (version === undefined || state.version === version) &&
    state.sources === sourceDigest(recipe) &&
    recipe.modules.every((module) => existsSync(modulePath(recipe, module)))
  );
}

/** Why the suites of a toolchain can't run, or undefined when they can. */
export function whyNotBuilt(recipe: Recipe): string | undefined {
  const state = readState(recipe);
  if (isCurrent(recipe, state)) return undefined;
  if (state?.status === 'missing') return state.reason;
  const what = state ? 'built from other sources' : 'not built';
  return `${recipe.title}: ${what}: run node conformance/src/build.ts`;
}
