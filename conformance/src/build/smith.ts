import { join } from 'node:path';
import type { Recipe } from './recipes.ts';
import { run } from './run.ts';
import { modulePath } from './state.ts';

/** How many modules there are; each takes some 10 ms to compare in every variant. */
const MODULES = 600;

/** The corpus counts as one module, whatever is in it. */
const CORPUS = 'corpus';

/** Modules that a fuzzer's generator makes, the same ones every time: the program in `conformance/smith` writes them. */
export const SMITH: Recipe = {
  name: 'smith',
  sources: 'smith',
  title: 'generated modules',
  modules: [CORPUS],
  probe: () => {
    const { ok, text } = run({ command: 'cargo', args: ['--version'] });
    return ok ? { version: text } : { missing: 'cargo is not installed' };
  },
  commands: (output) => {
    const target = join(output, 'target');
    return [
      { command: 'cargo', args: ['build', '--quiet', '--release', '--locked', '--target-dir', target] },
      {
        command: join(target, 'release', 'smith-corpus'),
        args: [join(output, `${CORPUS}.wasm`), String(MODULES)],
      },
    ];
  },
};

/** The file with all of them, once it is built. */
export function corpusPath(): string {
  return modulePath(SMITH, CORPUS);
}
