import { join } from 'node:path';
import { RECIPES, type Recipe } from './recipes.ts';

/** The policy that runs Kyverno's rules; built on demand alone, as `build.ts --kyverno`. */
export const KYVERNO_POLICY = 'kyverno';

export const KYVERNO: Recipe = {
  name: 'go-kyverno',
  title: "Go with Kyverno's engine",
  modules: [KYVERNO_POLICY],
  probe: () => RECIPES.find(({ name }) => name === 'go')?.probe() ?? { missing: 'no recipe for Go' },
  commands: (output) => [
    {
      command: 'go',
      args: ['build', '-trimpath', '-ldflags=-s -w', '-o', join(output, `${KYVERNO_POLICY}.wasm`), '.'],
      env: { GOOS: 'wasip1', GOARCH: 'wasm', GOWORK: 'off', GOFLAGS: '-mod=readonly' },
    },
  ],
};
