import { fileURLToPath } from 'node:url';
import { RECIPES } from './build/recipes.ts';
import { REGO } from './build/rego-recipe.ts';
import { modulePath, whyNotBuilt } from './build/state.ts';
import type { GuestPlaces, ToolchainPlaces } from './guest-places.ts';
import { findRegoGuests } from './rego/places.ts';

/** A toolchain whose guests are not there, and why. */
export interface MissingGuests {
  readonly title: string;
  readonly missing: string;
}

/** The guests of every toolchain, as absolute paths. Those in AssemblyScript are there after `npm run build`. */
export function findGuests(): readonly (GuestPlaces | MissingGuests)[] {
  const path = (module: string): string =>
    fileURLToPath(new URL(`../guests/as/${module}/build/${module}.wasm`, import.meta.url));
  const others = RECIPES.map((recipe) => {
    const missing = whyNotBuilt(recipe);
    if (missing !== undefined) return { title: recipe.title, missing };
    const wapc = recipe.modules.filter((module) => module.startsWith('wapc'));
    return {
      title: recipe.title,
      reactor: reactorOf((module) => modulePath(recipe, module)),
      wapc: Object.fromEntries(wapc.map((module) => [module, modulePath(recipe, module)])),
    };
  });
  const rego = findRegoGuests();
  return [
    { title: 'AssemblyScript', reactor: reactorOf(path), wapc: {} },
    ...others,
    'missing' in rego ? { title: REGO.title, missing: rego.missing } : { title: REGO.title, rego },
  ];
}

function reactorOf(path: (module: string) => string): ToolchainPlaces['reactor'] {
  return { gates: path('gates'), mutator: path('mutator'), probe: path('probe') };
}
