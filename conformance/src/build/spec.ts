import { join } from 'node:path';
import type { Recipe } from './recipes.ts';
import { run } from './run.ts';

/**
 * The WebAssembly core test suite as scripts that JavaScript can run: the program in `conformance/spec` writes them, from
 * a crate that has the suite. Nothing of the suite is in this repository.
 */
export const SPEC: Recipe = {
  name: 'spec',
  sources: 'spec',
  title: 'WebAssembly core test suite',
  modules: [],
  probe: () => {
    const { ok, text } = run({ command: 'cargo', args: ['--version'] });
    // The crate with the suite needs this release.
    const minor = Number(/^cargo 1\.(\d+)/.exec(text)?.[1]);
    if (!ok) return { missing: 'cargo is not installed' };
    return minor >= 93 ? { version: text } : { missing: `cargo 1.93 or later is needed, found ${text}` };
  },
  commands: (output) => {
    const target = join(output, 'target');
    return [
      { command: 'cargo', args: ['build', '--quiet', '--release', '--locked', '--target-dir', target] },
      { command: join(target, 'release', 'spec-scripts'), args: [output] },
    ];
  },
};
