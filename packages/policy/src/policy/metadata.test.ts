import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatekeeperData, opaData, type ResourceList } from './context.ts';
import { answers, failure } from './fixtures.ts';
import { checkPolicyMetadata, readPolicyMetadata } from './metadata.ts';
import { policySettingsError } from './settings.ts';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const NAME = 'io.kubewarden.metadata';

/** A module with nothing but sections of metadata; each length fits in two bytes. */
function module(...sections: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  const bytes = sections.flatMap((text) => {
    const content = [NAME.length, ...encoder.encode(NAME), ...encoder.encode(text)];
    return [0, (content.length & 0x7f) | 0x80, content.length >> 7, ...content];
  });
  return Uint8Array.from([...HEADER, ...bytes]);
}

function metadata(more: object = {}): string {
  return JSON.stringify({ rules: [], mutating: false, protocolVersion: 'v1', ...more });
}

test('metadata is read from the first section; without one it is the defaults', () => {
  const read = readPolicyMetadata(module(metadata({ executionMode: 'opa', policyType: 'raw', mutating: true }), 'x'));
  assert.deepEqual(read, {
    protocolVersion: 'v1',
    executionMode: 'opa',
    policyType: 'raw',
    mutating: true,
    minimumKubewardenVersion: undefined,
  });
  assert.equal(readPolicyMetadata(module()).executionMode, 'kubewarden-wapc');
});

test('metadata that can’t be read is refused', () => {
  const rows: [section: string, cause: string][] = [
    ['', 'not JSON'],
    ['[]', 'not an object'],
    ['{"rules":[]}', 'mutating: expected a boolean'],
    ['{"mutating":true}', 'rules: expected a list'],
    [metadata({ executionMode: 'other' }), 'executionMode: expected one of kubewarden-wapc, wasi, opa, gatekeeper'],
    [metadata({ protocolVersion: 'v2' }), 'protocolVersion: expected one of v1, Unknown'],
    [metadata({ minimumKubewardenVersion: 'new' }), 'minimumKubewardenVersion: expected a version such as 1.20.0'],
  ];
  for (const [section, cause] of rows) {
    assert.throws(() => readPolicyMetadata(module(section)), {
      message: `cannot read the policy's metadata: ${cause}`,
    });
  }
});

test('a policy must speak the protocol and not want a newer server', () => {
  const rows: [section: string | undefined, message: string | undefined][] = [
    [metadata(), undefined],
    [undefined, 'Policy is missing protocol version, which is required for KubewardenWapc execution mode'],
    [metadata({ protocolVersion: 'Unknown' }), 'Policy uses protocol version Unknown but only V1 is supported'],
    [metadata({ protocolVersion: undefined, executionMode: 'wasi' }), undefined],
    [metadata({ minimumKubewardenVersion: '1.36.9' }), undefined],
    [
      metadata({ minimumKubewardenVersion: '1.37.0' }),
      'Policy required Kubewarden version 1.37.0 but is running on 1.36.0',
    ],
    [
      metadata({ minimumKubewardenVersion: '2.0.0' }),
      'Policy required Kubewarden version 2.0.0 but is running on 1.36.0',
    ],
  ];
  for (const [section, message] of rows) {
    const check = (): void => checkPolicyMetadata(readPolicyMetadata(module(...(section ? [section] : []))), '1.36.0');
    if (message === undefined) check();
    else assert.throws(check, { code: 'unsupported', message });
  }
});

test('a policy judges its settings', async () => {
  const prefix = 'Policy settings are invalid: ';
  const callback = `${prefix}Error invoking settings validation callback: `;
  const rows: [kind: 'wapc' | 'wasi', call: Parameters<typeof policySettingsError>[1], error: string | undefined][] = [
    ['wapc', () => answers({ valid: true })('validate', []), undefined],
    ['wapc', () => answers({ valid: false })('validate', []), `${prefix}no message`],
    ['wasi', () => answers({ valid: false, message: 'why' })('validate', []), `${prefix}why`],
    ['wapc', () => answers({})('validate', []), `${callback}valid: expected a boolean, found nothing`],
    ['wapc', () => answers({ Valid: true })('validate', []), `${callback}valid: expected a boolean, found nothing`],
    ['wapc', () => answers('no')('validate', []), `${callback}expected the literal null at byte 1`],
    ['wapc', () => failure('guest-error', 'boom')('validate', []), `${callback}boom`],
    ['wasi', () => failure('exit', 'exited', 'usage')('validate', []), `${callback}usage`],
  ];
  for (const [kind, call, error] of rows) assert.equal(await policySettingsError(kind, call, '{}'), error);
  const asked: string[] = [];
  const asking = (operation: string): ReturnType<ReturnType<typeof answers>> => {
    asked.push(operation);
    return answers({ valid: true })('validate', []);
  };
  for (const kind of ['wapc', 'wasi', 'opa', 'gatekeeper'] as const) await policySettingsError(kind, asking, '{}');
  assert.deepEqual(asked, ['validate_settings', 'validate-settings']);
});

test('data documents of policies that see the cluster', () => {
  const item = (name: string, namespace?: string): ResourceList['items'][number] => ({
    name,
    namespace,
    json: `"${name}"`,
  });
  const pods: ResourceList = {
    apiVersion: 'v1',
    kind: 'Pod',
    plural: 'pods',
    namespaced: true,
    items: [item('a', 'x'), item('b', 'y')],
  };
  const nodes: ResourceList = {
    apiVersion: 'v1',
    kind: 'Node',
    plural: 'nodes',
    namespaced: false,
    items: [item('n')],
  };
  const none: ResourceList = { apiVersion: 'v1', kind: 'Service', plural: 'services', namespaced: true, items: [] };
  const parse = (text: string): unknown => JSON.parse(text);
  assert.equal(opaData('{"a":1}', undefined), '{"a":1}');
  assert.deepEqual(parse(opaData('{"a":1,"kubernetes":2}', [pods, nodes, none])), {
    a: 1,
    kubernetes: { pods: { x: { a: 'a' }, y: { b: 'b' } }, nodes: { n: 'n' }, services: {} },
  });
  assert.equal(opaData('{"n":9007199254740993}', []), '{"n":9007199254740993,"kubernetes":{}}');
  assert.throws(() => opaData('{}', [pods, { ...pods, namespaced: false }]), { code: 'invalid-context' });
  assert.equal(gatekeeperData(undefined), '{}');
  assert.equal(gatekeeperData([]), '{"inventory":{"cluster":{},"namespace":{}}}');
  assert.deepEqual(parse(gatekeeperData([pods, nodes])), {
    inventory: {
      cluster: { v1: { Node: { n: 'n' } } },
      namespace: { x: { v1: { Pod: { a: 'a' } } }, y: { v1: { Pod: { b: 'b' } } } },
    },
  });
});
