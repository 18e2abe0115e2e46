/**
 * Builds the guests whose toolchains npm does not bring into `conformance/build/`, the WebAssembly core test suite as
 * scripts, and modules that a generator makes, where that is not done yet:
 * `node conformance/src/build.ts [--require] [--kyverno]`. A toolchain that is missing is named and its suites are skipped;
 * with `--require` that is an error. Nothing is installed. `--kyverno` builds the policy with Kyverno's engine too, which
 * fetches and compiles some 370 packages the first time.
 */
import { parseArgs } from 'node:util';
import { KYVERNO } from './build/kyverno-recipe.ts';
import { RECIPES, type Recipe } from './build/recipes.ts';
import { REGO } from './build/rego-recipe.ts';
import { run } from './build/run.ts';
import { SDK_RECIPES } from './build/sdk-recipes.ts';
import { SMITH } from './build/smith.ts';
import { SPEC } from './build/spec.ts';
import { isCurrent, outputFolder, readState, sourceDigest, sourceFolder, writeState } from './build/state.ts';

type Result = 'ok' | 'missing' | 'failed';

function build(recipe: Recipe): Result {
  const found = recipe.probe();
  if ('missing' in found) {
    writeState(recipe, { status: 'missing', reason: found.missing });
    report(recipe, `skipped: ${found.missing}`);
    return 'missing';
  }
  if (isCurrent(recipe, readState(recipe), found.version)) {
    report(recipe, `up to date (${found.version})`);
    return 'ok';
  }
  const started = performance.now();
  const sources = sourceDigest(recipe);
  writeState(recipe, { status: 'missing', reason: `the last build for ${recipe.title} did not come to its end` });
  for (const command of recipe.commands(outputFolder(recipe))) {
    const { ok, text } = run({ cwd: sourceFolder(recipe), ...command });
    if (ok) continue;
    report(recipe, `failed: ${command.command} ${command.args.join(' ')}\n${text}`);
    return 'failed';
  }
  writeState(recipe, { status: 'built', version: found.version, sources });
  report(recipe, `built in ${((performance.now() - started) / 1000).toFixed(1)} s (${found.version})`);
  return 'ok';
}

function report({ title }: Recipe, text: string): void {
  process.stdout.write(`conformance: ${title}: ${text}\n`);
}

const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({ options: { require: flag, kyverno: flag } });
const recipes = [...RECIPES, ...SDK_RECIPES, REGO, SPEC, SMITH, ...(values.kyverno ? [KYVERNO] : [])];
const results = new Set(recipes.map(build));
if (results.has('failed') || (values.require && results.has('missing'))) process.exitCode = 1;
