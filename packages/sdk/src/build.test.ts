import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { buildGuest, guestInFolder } from './build.ts';
import { appendCustomSection } from './custom-section.ts';
import { GuestCompileError } from './errors.ts';
import { openWorkbench } from './workbench.ts';

const bench = openWorkbench();
after(bench.close);

const SOURCE = `
import { Json } from '@ostiary/sdk/assembly';
export function size(): i32 { return Json.object().size; }
`;

suite('buildGuest', () => {
  test('builds when a source changes, and only then', async () => {
    const guest = bench.write('fresh', SOURCE);
    assert.equal(await buildGuest(guest), true);
    const before = readFileSync(guest.output);
    assert.equal(await buildGuest(guest), false);
    bench.write('fresh', SOURCE.replace('i32', 'i64'));
    assert.equal(await buildGuest(guest), true);
    assert.notDeepEqual(readFileSync(guest.output), before);
  });

  test('builds again when the module is gone', async () => {
    const guest = bench.write('gone', SOURCE);
    await buildGuest(guest);
    rmSync(guest.output);
    assert.equal(await buildGuest(guest), true);
  });

  test('shows what the compiler says and keeps the old module when the sources are wrong', async () => {
    const guest = bench.write('wrong', SOURCE);
    await buildGuest(guest);
    const before = readFileSync(guest.output);
    bench.write('wrong', SOURCE.replace('i32', 'string'));
    for (let attempt = 1; attempt <= 2; attempt++) {
      await assert.rejects(buildGuest(guest), (error: unknown) => {
        assert.ok(error instanceof GuestCompileError);
        assert.equal(error.code, 'guest-compile-failed');
        assert.match(error.message, /wrong\/assembly\/index\.ts does not compile:\n.*TS2322.*not assignable/s);
        return true;
      });
    }
    assert.deepEqual(readFileSync(guest.output), before);
  });

  test('embeds metadata for Kubewarden, with the protocol version', async () => {
    const { entry } = bench.write('annotated', SOURCE);
    const folder = dirname(dirname(entry));
    writeFileSync(join(folder, 'metadata.json'), '{ "rules": [], "mutating": false }');
    const guest = guestInFolder(folder, 'annotated');
    await buildGuest(guest);
    const module = await WebAssembly.compile(readFileSync(guest.output));
    const sections = WebAssembly.Module.customSections(module, 'io.kubewarden.metadata');
    const texts = sections.map((section) => Buffer.from(section).toString());
    assert.deepEqual(texts, ['{"protocolVersion":"v1","rules":[],"mutating":false}']);
  });
});

suite('appendCustomSection', () => {
  const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

  for (const length of [0, 1, 120, 127, 128, 300, 16_384, 3_000_000]) {
    test(`adds a section of ${length} bytes that the engine reads back`, async () => {
      const payload = new Uint8Array(length).fill(7);
      const binary = appendCustomSection(appendCustomSection(empty, 'ä', payload), 'other', empty);
      const module = await WebAssembly.compile(new Uint8Array(binary));
      assert.deepEqual(
        WebAssembly.Module.customSections(module, 'ä').map((section) => new Uint8Array(section)),
        [payload],
      );
      assert.equal(WebAssembly.Module.customSections(module, 'other').length, 1);
    });
  }
});
