import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The guests compiled from Rego, and the entrypoints that each is compiled with; the first one is the default. */
export const REGO_GUESTS = {
  opa: ['opa/main'],
  gatekeeper: ['gatekeeper/violation'],
  builtins: ['builtins/answers', 'builtins/steady', 'builtins/now', 'builtins/identity', 'builtins/broken'],
  hostile: ['hostile/spin', 'hostile/deep', 'hostile/conflict', 'hostile/hoard'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type RegoGuest = keyof typeof REGO_GUESTS;

/** Where a guest is once it is built. */
export function regoGuestPath(guest: RegoGuest): string {
  return fileURLToPath(new URL(`../../build/rego/${guest}.wasm`, import.meta.url));
}

/** Paths of all of them, or what to do when they are not there. */
export function findRegoGuests(): Readonly<Record<RegoGuest, string>> | { readonly missing: string } {
  const paths = {
    opa: regoGuestPath('opa'),
    gatekeeper: regoGuestPath('gatekeeper'),
    builtins: regoGuestPath('builtins'),
    hostile: regoGuestPath('hostile'),
  };
  const all = Object.values(paths).every((path) => existsSync(path));
  return all ? paths : { missing: 'not built: run node conformance/src/rego/build.ts' };
}
