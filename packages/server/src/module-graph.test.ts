import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** Files that an entry loads at once: what it imports for values, within this package, and the packages it names. */
function loadedBy(entry: URL): { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: URL): void => {
    if (files.has(file.href)) return;
    files.add(file.href);
    for (const [, names = '', from = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\s+(?!type\s)([^;]*?\s?from\s+)?'([^']+)';/gms,
    )) {
      const isTypesOnly = /^\{(?:\s*type\s+\w+(?:\s+as\s+\w+)?,?)+\s*\}\s*from\s+$/s.test(names);
      if (isTypesOnly) continue;
      if (from.startsWith('.')) visit(new URL(from, file));
      else packages.add(from);
    }
  };
  visit(entry);
  return { files, packages };
}

for (const entry of ['serve.ts', 'index.ts', 'serving/thread.ts', 'evaluation/thread.ts']) {
  test(`${entry} loads neither Kubernetes nor registries`, () => {
    const { files, packages } = loadedBy(new URL(entry, import.meta.url));
    assert.ok(files.size > 3, `${files.size} files`);
    for (const heavy of ['@ostiary/capabilities', '@ostiary/registry', '@ostiary/kube', 'undici']) {
      assert.ok(!packages.has(heavy), `${entry} loads ${heavy}`);
    }
  });
}

test('the thread of the capabilities does', () => {
  const { packages } = loadedBy(new URL('hostcalls/worker-thread.ts', import.meta.url));
  assert.ok(packages.has('@ostiary/capabilities'));
});
