import { REGO } from '../build/rego-recipe.ts';
import { modulePath, whyNotBuilt } from '../build/state.ts';
import type { EachRegoGuest } from './guests.ts';

/** Paths of the guests compiled from Rego, or why they are not there. */
export function findRegoGuests(): EachRegoGuest<string> | { readonly missing: string } {
  const missing = whyNotBuilt(REGO);
  if (missing !== undefined) return { missing };
  return {
    opa: modulePath(REGO, 'opa'),
    gatekeeper: modulePath(REGO, 'gatekeeper'),
    builtins: modulePath(REGO, 'builtins'),
    hostile: modulePath(REGO, 'hostile'),
    answers: modulePath(REGO, 'answers'),
    lacking: modulePath(REGO, 'lacking'),
  };
}
