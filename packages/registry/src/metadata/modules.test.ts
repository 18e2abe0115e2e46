import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readModule } from '@ostiary/wasm';
import { CAPABILITIES } from './capabilities.ts';
import { detectCapabilities, isRego } from './inspect-module.ts';
import { rewriteJavyImport } from './javy-import.ts';
import { textBytes, writeSection } from './module-sections.ts';
import { parseMetadataYaml } from './parse-file.ts';
import { readMetadata, writeMetadata } from './section.ts';

const HEADER = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
/** One type: `() -> ()`. */
const TYPES = writeSection(1, Uint8Array.of(1, 0x60, 0, 0));

function moduleOf(...sections: readonly Uint8Array[]): Buffer {
  return Buffer.concat([HEADER, TYPES, ...sections]);
}

interface Imported {
  readonly module: string;
  readonly name: string;
  /** Kind and type, encoded. */
  readonly type: readonly number[];
}

function imports(entries: readonly Imported[]): Uint8Array {
  const encoded = entries.map(({ module, name, type }) =>
    Buffer.concat([textBytes(module), textBytes(name), Uint8Array.from(type)]),
  );
  return writeSection(2, Buffer.concat([Uint8Array.of(entries.length), ...encoded]));
}

const FUNCTION = [0, 0];
const JAVY = { module: 'kubewarden:javy/host', name: 'call', type: FUNCTION };

test("Javy's import is renamed among imports of every kind", () => {
  const others: readonly Imported[] = [
    { module: 'm', name: 'table', type: [1, 0x70, 1, 1, 200, 1] },
    { module: 'm', name: 'memory', type: [2, 1, 1, 2] },
    { module: 'm', name: 'global', type: [3, 0x7f, 0] },
    { module: 'm', name: 'tag', type: [4, 0, 0] },
    { module: 'kubewarden:javy/host', name: 'other', type: FUNCTION },
    { module: 'wasi_snapshot_preview1', name: 'call', type: FUNCTION },
  ];
  const before = moduleOf(imports([...others, JAVY, ...others, JAVY]));
  const after = rewriteJavyImport(before);
  const expected = { ...JAVY, module: 'host' };
  assert.deepEqual(Buffer.from(after), moduleOf(imports([...others, expected, ...others, expected])));
  assert.equal(readModule(after).imports.length, 14);
  assert.equal(rewriteJavyImport(after), after);
});

test('a module without that import is returned as it is', () => {
  const module = moduleOf(imports([{ ...JAVY, name: 'cal' }]));
  assert.equal(rewriteJavyImport(module), module);
});

function withData(text: string): Buffer {
  const data = Buffer.from(text);
  const memory = writeSection(5, Uint8Array.of(1, 0, 1));
  const segment = Buffer.concat([Uint8Array.of(1, 0, 0x41, 0, 0x0b), textBytes(data.toString())]);
  return moduleOf(memory, writeSection(11, segment));
}

const guesses: readonly (readonly [string, readonly string[]])[] = [
  ['', []],
  ['oci', []],
  ['v1/verify', []],
  ['ociv1/verify', ['oci/v1/verify']],
  ['v2/verify…oci…v1/manifest_digest', ['oci/v1/manifest_digest', 'oci/v2/verify']],
  ['oci v1/oci_manifest_config', ['oci/v1/oci_manifest_config']],
  ['oci v1/oci_manifest_config v1/oci_manifest', ['oci/v1/oci_manifest', 'oci/v1/oci_manifest_config']],
  ['kubernetescan_iget_resource', ['kubernetes/can_i', 'kubernetes/get_resource']],
  [CAPABILITIES.join(' '), CAPABILITIES.toSorted()],
];
for (const [text, expected] of guesses) {
  test(`guesses what ${JSON.stringify(text.slice(0, 50))} calls`, () => {
    assert.deepEqual(detectCapabilities(withData(text)), expected);
  });
}

test('Rego is known by its exports', () => {
  const code = [writeSection(3, Uint8Array.of(1, 0)), writeSection(10, Uint8Array.of(1, 2, 0, 0x0b))] as const;
  const exported = (name: string) =>
    writeSection(7, Buffer.concat([Uint8Array.of(1), textBytes(name), Uint8Array.of(0, 0)]));
  assert.equal(isRego(moduleOf(code[0], exported('opa_eval'), code[1])), true);
  assert.equal(isRego(moduleOf(code[0], exported('_start_opa_'), code[1])), false);
  assert.equal(isRego(moduleOf()), false);
});

test('every module of the repository takes metadata and stays valid', async () => {
  const root = join(import.meta.dirname, '..', '..', '..', '..');
  const metadata = parseMetadataYaml('rules: []\nmutating: false', 'm.yml');
  for await (const path of glob('{conformance,examples,packages}/**/*.wasm', {
    cwd: root,
    exclude: ['**/node_modules/**'],
  })) {
    const bytes = await readFile(join(root, path));
    if (!WebAssembly.validate(bytes)) continue;
    const written = writeMetadata(rewriteJavyImport(bytes), metadata);
    assert(WebAssembly.validate(Buffer.from(written)), path);
    assert.deepEqual(readMetadata(written), { protocolVersion: 'Unknown', ...metadata }, path);
  }
});
