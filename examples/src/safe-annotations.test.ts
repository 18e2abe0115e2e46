import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { askPolicy, loadExample } from './example.ts';

const module = await loadExample('safe-annotations');

suite('safe-annotations validates', () => {
  const settings = { mandatory_annotations: ['example.com/owner', 'team'], denied_annotations: ['bad', 'worse'] };
  const denied = 'The following annotations are not allowed: ';
  const missing = 'The following mandatory annotations are missing: ';
  const table: [what: string, annotations: unknown, message: string | undefined][] = [
    ['all there', { 'example.com/owner': 'jane', team: '' }, undefined],
    ['one missing', { 'example.com/owner': 'jane' }, `${missing}team`],
    ['all missing', {}, `${missing}example.com/owner,team`],
    ['no annotations', undefined, `${missing}example.com/owner,team`],
    ['null annotations', null, `${missing}example.com/owner,team`],
    ['one denied', { 'example.com/owner': '', team: '', worse: '' }, `${denied}worse`],
    ['denied and missing', { bad: '', worse: '', team: '' }, `${denied}bad,worse. ${missing}example.com/owner`],
  ];
  for (const [what, annotations, message] of table) {
    test(what, () => {
      const request = { uid: 'u', operation: 'CREATE', object: { metadata: { name: 'x', annotations } } };
      const call = askPolicy(module, 'validate', { request, settings });
      const expected = message === undefined ? { accepted: true } : { accepted: false, message };
      assert.deepEqual(JSON.parse(call.output), expected, call.error);
    });
  }

  for (const settings of [null, {}, { denied_annotations: [] }]) {
    test(`anything with settings ${JSON.stringify(settings)}`, () => {
      const call = askPolicy(module, 'validate', { request: { operation: 'UPDATE', object: {} }, settings });
      assert.equal(call.output, '{"accepted":true}');
    });
  }

  test('nothing on DELETE', () => {
    const call = askPolicy(module, 'validate', { request: { operation: 'DELETE', object: null }, settings });
    assert.equal(call.output, '{"accepted":true}');
  });
});

suite('safe-annotations takes settings', () => {
  const table: [settings: unknown, message: string | undefined][] = [
    [null, undefined],
    [{}, undefined],
    [{ mandatory_annotations: [], denied_annotations: ['a'] }, undefined],
    [[], 'settings must be an object'],
    ['x', 'settings must be an object'],
    [{ mandatory_annotations: 'a' }, 'mandatory_annotations must be a list of strings'],
    [{ denied_annotations: ['a', 1] }, 'denied_annotations must be a list of strings'],
    [{ denied_annotations: null }, 'denied_annotations must be a list of strings'],
    [{ constrained_annotations: { a: '^b$' } }, 'constrained_annotations is not supported by this policy'],
    [{ mandatory: [] }, 'unknown setting mandatory: known are mandatory_annotations, denied_annotations'],
    [
      { mandatory_annotations: ['a', 'b'], denied_annotations: ['b', 'c'] },
      'annotations cannot be mandatory and denied at the same time: b',
    ],
  ];
  for (const [settings, message] of table) {
    test(`${JSON.stringify(settings)}: ${message ?? 'valid'}`, () => {
      const call = askPolicy(module, 'validate_settings', settings);
      const expected = message === undefined ? { valid: true } : { valid: false, message };
      assert.deepEqual(JSON.parse(call.output), expected, call.error);
    });
  }
});

suite('safe-annotations', () => {
  test('speaks protocol v1 and carries its metadata', () => {
    assert.equal(askPolicy(module, 'protocol_version', null).output, '"v1"');
    const [section] = WebAssembly.Module.customSections(module, 'io.kubewarden.metadata');
    const metadata = JSON.parse(Buffer.from(section ?? new ArrayBuffer()).toString()) as Record<string, unknown>;
    assert.equal(metadata['protocolVersion'], 'v1');
    assert.equal(metadata['mutating'], false);
  });
});
