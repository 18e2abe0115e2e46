import { join } from 'node:path';
import { RECIPES, type Recipe } from './recipes.ts';
import type { Run } from './run.ts';

/** The policy of every SDK that can ask its host, written with the SDK that authors use. */
export const CONTEXT_AWARE = 'context-aware';
/** In Go alone: a command that asks before it reads. */
export const EARLY = 'early';
const RUST_TARGET = 'wasm32-wasip1';

/** What the toolchain itself says of its being there. */
function probeOf(name: Recipe['name']): Recipe['probe'] {
  return () => RECIPES.find((recipe) => recipe.name === name)?.probe() ?? { missing: `no recipe for ${name}` };
}

const rust: Recipe = {
  name: 'rust-sdk',
  title: 'Rust with its policy SDK',
  modules: [CONTEXT_AWARE],
  probe: probeOf('rust'),
  commands: (output) => {
    const target = join(output, 'target');
    const build = ['build', '--quiet', '--release', '--locked', '--target', RUST_TARGET, '--target-dir', target];
    const built = join(target, RUST_TARGET, 'release', 'context_aware.wasm');
    return [
      { command: 'cargo', args: build },
      { command: 'cp', args: [built, join(output, `${CONTEXT_AWARE}.wasm`)] },
    ];
  },
};

const go: Recipe = {
  name: 'go-sdk',
  title: 'Go with its policy SDK',
  modules: [CONTEXT_AWARE, EARLY],
  probe: probeOf('go'),
  commands: (output) => [goBuild(output, CONTEXT_AWARE, '.'), goBuild(output, EARLY, './early')],
};

function goBuild(output: string, module: string, source: string): Run {
  return {
    command: 'go',
    args: ['build', '-trimpath', '-ldflags=-s -w', '-o', join(output, `${module}.wasm`), source],
    env: { GOOS: 'wasip1', GOARCH: 'wasm', GOWORK: 'off', GOFLAGS: '-mod=readonly' },
  };
}

/** They fetch packages of their toolchains when they are built for the first time. */
export const SDK_RECIPES: readonly Recipe[] = [rust, go];
