import { CONTEXT_AWARE, SDK_RECIPES } from './build/sdk-recipes.ts';
import { modulePath, whyNotBuilt } from './build/state.ts';
import type { MissingGuests } from './guests.ts';

/** A policy written with an SDK of Kubewarden's that asks its host for namespaces, as an absolute path. */
export interface SdkGuest {
  readonly name: 'rust-sdk' | 'go-sdk';
  readonly title: string;
  readonly path: string;
}

/** That policy for every SDK; settings are `label` and `services`. */
export function findSdkGuests(): readonly (SdkGuest | (MissingGuests & Pick<SdkGuest, 'name'>))[] {
  return SDK_RECIPES.map((recipe) => {
    const { title } = recipe;
    const name = recipe.name === 'rust-sdk' ? recipe.name : 'go-sdk';
    const missing = whyNotBuilt(recipe);
    return missing === undefined ? { name, title, path: modulePath(recipe, CONTEXT_AWARE) } : { name, title, missing };
  });
}
