import { readFileSync } from 'node:fs';
import { suite } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RECIPES } from './build/recipes.ts';
import { modulePath, whyNotBuilt } from './build/state.ts';
import { reactorContract, type ReactorModules } from './reactor.suite.ts';
import { sandboxHost } from './sandbox-host.ts';
import { wapcContract } from './wapc.suite.ts';

/** Honest guests on a busy machine: Go's initialisation and a 2 MB object take their time in unoptimised code. */
const TIMEOUT_MS = 10_000;

const { makeGuest: makeReactor } = await sandboxHost('wasi-reactor', TIMEOUT_MS);
const { makeGuest: makeWapc } = await sandboxHost('wapc', TIMEOUT_MS);

function reactors(path: (module: string) => string): ReactorModules {
  const read = (module: string): Uint8Array => readFileSync(path(module));
  return { gates: read('gates'), mutator: read('mutator'), probe: read('probe') };
}

reactorContract(
  'AssemblyScript',
  reactors((module) => fileURLToPath(new URL(`../guests/as/${module}/build/${module}.wasm`, import.meta.url))),
  makeReactor,
);

for (const recipe of RECIPES) {
  const reason = whyNotBuilt(recipe);
  if (reason !== undefined) {
    suite(`${recipe.title}: ${reason}`, { skip: reason }, () => undefined);
    continue;
  }
  reactorContract(
    recipe.title,
    reactors((module) => modulePath(recipe, module)),
    makeReactor,
  );
  for (const module of recipe.modules.filter((each) => each.startsWith('wapc'))) {
    wapcContract(`${recipe.title} ${module}`, readFileSync(modulePath(recipe, module)), makeWapc);
  }
}
