import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface ModuleList {
  readonly modules: readonly { readonly name: string; readonly module: string }[];
}

function read(file: string): unknown {
  return parse(readFileSync(join(ROOT, 'examples/config', file), 'utf8'));
}

suite('the configuration files', () => {
  const { plugins } = read('admission.yaml') as { plugins: { name: string; configuration: ModuleList }[] };
  const lists = [read('authentication.yaml') as ModuleList, read('authorization.yaml') as ModuleList];
  const modules = [...lists, ...plugins.map((plugin) => plugin.configuration)].flatMap((list) => list.modules);

  test('name every example, and no module that is not built here', () => {
    const entries = globSync('*/assembly/index.ts', { cwd: join(ROOT, 'examples') });
    const examples = entries.map((entry) => entry.slice(0, entry.indexOf('/')));
    const paths = examples.map((name) => `examples/${name}/build/${name}.wasm`);
    assert.deepEqual(modules.map((entry) => entry.module).sort(), paths.sort());
  });

  test('call each module by the name of its folder', () => {
    for (const { name, module } of modules) assert.equal(module, `examples/${name}/build/${name}.wasm`);
  });

  test('give the admission modules to the plugin WASM', () => {
    assert.deepEqual(
      plugins.map((plugin) => plugin.name),
      ['WASM'],
    );
  });
});
