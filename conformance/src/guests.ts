import { fileURLToPath } from 'node:url';
import { RECIPES } from './build/recipes.ts';
import { modulePath, whyNotBuilt } from './build/state.ts';
import type { GuestPlaces } from './guest-places.ts';

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
  return [{ title: 'AssemblyScript', reactor: reactorOf(path), wapc: {} }, ...others];
}

function reactorOf(path: (module: string) => string): GuestPlaces['reactor'] {
  return { gates: path('gates'), mutator: path('mutator'), probe: path('probe') };
}
