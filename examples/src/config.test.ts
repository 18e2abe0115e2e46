import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
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

test('the file of policies names modules that are built here, from the folder of the repository', () => {
  const policies = Object.entries(read('policies.yml') as Record<string, Policy>);
  assert.ok(policies.length > 0);
  const modules = policies.flatMap(([, { module, policies: members = {} }]) => [
    ...(module === undefined ? [] : [module]),
    ...Object.values(members).map((member) => member.module),
  ]);
  for (const module of modules) {
    const [, name] = /^\.\/examples\/([\w-]+)\/build\/\1\.wasm$/.exec(module) ?? [];
    assert.ok(name !== undefined && existsSync(join(ROOT, 'examples', name, 'assembly/index.ts')), module);
  }
});

interface Policy {
  readonly module?: string;
  readonly policies?: Readonly<Record<string, { readonly module: string }>>;
}
