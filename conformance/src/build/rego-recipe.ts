import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REGO_GUESTS, type RegoGuest } from '../rego/guests.ts';
import { RECIPES, type Recipe } from './recipes.ts';
import { run } from './run.ts';

const OPA_MODULE = fileURLToPath(new URL('../../../e2e/opa/go.mod', import.meta.url));

/** Relative to the sources, so that it is the same in every checkout: commands are part of what makes a guest current. */
const COMPILER = join(relative(join('guests', 'rego'), 'src'), 'rego', 'build.ts');

/**
 * Policies in Rego, compiled by OPA, which Go builds first when the cache does not have it. The compiler's version is the
 * one that `e2e/opa` pins.
 */
export const REGO: Recipe = {
  name: 'rego',
  title: 'Rego',
  modules: Object.keys(REGO_GUESTS),
  probe: () => {
    const version = /open-policy-agent\/opa (v\S+)/.exec(readFileSync(OPA_MODULE, 'utf8'))?.[1] ?? 'unknown';
    const given = process.env['OSTIARY_OPA'];
    if (given) {
      const { ok, text } = run({ command: given, args: ['version'] });
      return ok ? { version: text.split('\n')[0] ?? text } : { missing: `$OSTIARY_OPA can't be run: ${text}` };
    }
    const go = RECIPES.find(({ name }) => name === 'go')?.probe() ?? { missing: 'no recipe for Go' };
    return 'missing' in go ? { missing: `OPA is built with Go: ${go.missing}` } : { version: `OPA ${version}` };
  },
  commands: (output) =>
    (Object.keys(REGO_GUESTS) as RegoGuest[]).map((guest) => ({
      command: process.execPath,
      args: [COMPILER, guest, join(output, `${guest}.wasm`), ...REGO_GUESTS[guest]],
    })),
};
