import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { importsOf, sourceForBrowser } from './sources.ts';

const ENTRIES = ['page.ts', 'suite-worker.ts', 'ticker-worker.ts'].map((file) => `/e2e/src/browser/${file}`);

suite('sources for the browser', () => {
  test('have no types, and imports of rooms are paths', () => {
    const source = sourceForBrowser('/e2e/src/browser/suite-worker.ts') ?? '';
    assert.doesNotMatch(source, /: Promise<|import type/);
    assert.ok(importsOf(source).includes('/packages/sandbox/src/index.ts'));
    assert.ok(importsOf(source).includes('/conformance/src/index.ts'));
    assert.ok(importsOf(source).includes('./events.ts'));
  });
  test('are those of a few folders alone', () => {
    const folders = ['/package.json', '/packages/sandbox/package.json', '/packages/server/src/index.ts', '/etc/passwd'];
    const escapes = ['..', '%2e%2e', 'a/%2E./..'].map((up) => `/e2e/src/browser/${up}/ports.ts`);
    const odd = ['/e2e/src/browser/none.ts', '/e2e/src/browser/..%2fports.ts', '//packages/wasm/src/index.ts', '//['];
    const refused = [...folders, ...escapes, ...odd];
    for (const path of refused) assert.equal(sourceForBrowser(path), undefined, path);
  });
  test('import each other and nothing else: nothing of Node, no package', () => {
    const loaded = new Set<string>();
    const open = [...ENTRIES];
    for (let path = open.pop(); path !== undefined; path = open.pop()) {
      if (loaded.has(path)) continue;
      loaded.add(path);
      const source = sourceForBrowser(path);
      assert.ok(source !== undefined, `${path} is not there for browsers`);
      for (const specifier of importsOf(source)) {
        assert.match(specifier, /^[./]/, `${path} imports ${specifier}`);
        open.push(new URL(specifier, `http://localhost${path}`).pathname);
      }
    }
    for (const room of ['wasm', 'sandbox']) assert.ok(loaded.has(`/packages/${room}/src/index.ts`));
    assert.ok(loaded.has('/conformance/guests/hostile/index.ts'));
  });
});
