import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annotated, variant } from './annotate.ts';

const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
/** An empty module with a custom section that holds the marker. */
const MARKED = Buffer.concat([EMPTY, Buffer.from([0, 14, 1]), Buffer.from('xvariant-0000')]);

test('metadata is a custom section, of more than 127 bytes too', () => {
  const [section] = WebAssembly.Module.customSections(
    new WebAssembly.Module(annotated(EMPTY, 'wasi') as BufferSource),
    'io.kubewarden.metadata',
  );
  const { executionMode } = JSON.parse(Buffer.from(section!).toString()) as { executionMode: string };
  assert.equal(executionMode, 'wasi');
});

test('variants differ in data and in a custom section, and remain modules', () => {
  const seven = variant(MARKED, 7);
  assert.ok(WebAssembly.validate(seven as BufferSource));
  assert.ok(seven.includes('variant-0007'));
  assert.notDeepEqual(seven, variant(MARKED, 8));
  assert.ok(MARKED.includes('variant-0000'), 'the original stays as it is');
});

test('a module without the marker has no variants', () => assert.throws(() => variant(EMPTY, 1), /no text "variant-"/));
