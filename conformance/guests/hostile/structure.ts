import { assemble, type ModuleText } from '../../src/assemble/index.ts';
import type { Expected, HostileCase } from './case.ts';
import { CLEAN_ANSWER, hostileGuest } from './frame.ts';

const calm = { attack: 'i32.const 0' };
const encoder = new TextEncoder();

/** Modules that are wrong before any of their own code runs. */
const structures: Readonly<Record<string, readonly [module: Uint8Array<ArrayBuffer>, expected: Expected]>> = {
  'is empty': [new Uint8Array(), { refused: 'invalid-module', says: /./ }],
  'is text': [encoder.encode('(module)'), { refused: 'invalid-module', says: /./ }],
  'is cut off': [hostileGuest(calm).slice(0, -20), { refused: 'invalid-module', says: /./ }],
  'has a body that does not validate': [
    hostileGuest({ attack: 'i64.const 1' }),
    { refused: 'invalid-module', says: /./ },
  ],
  'has no export for the operation': [
    assemble({ memories: [{ min: 1 }] }),
    { refused: 'missing-export', says: /validate/ },
  ],
  'exports a memory in place of the operation': [
    assemble({ memories: [{ min: 1 }], memoryExport: 'validate' }),
    { refused: 'missing-export', says: /validate/ },
  ],
  'exports an operation with parameters': [
    assemble({ functions: [{ name: 'validate', export: 'validate', params: { x: 'i32' }, body: '' }] }),
    { refused: 'wrong-signature', says: /validate/ },
  ],
  'imports a module that no host has': [
    hostileGuest({ ...calm, imports: [{ module: 'env', name: 'secrets', function: {} }] }),
    { refused: 'unknown-import', says: /env.*secrets/ },
  ],
  'imports a WASI function that does not exist': [
    hostileGuest({ ...calm, imports: [{ module: 'wasi_snapshot_preview1', name: 'fd_steal', function: {} }] }),
    { refused: 'unknown-import', says: /fd_steal/ },
  ],
  'imports a WASI function with another signature': [
    hostileGuest({ ...calm, imports: [{ module: 'wasi_snapshot_preview1', name: 'fd_close', function: {} }] }),
    { refused: 'wrong-signature', says: /fd_close/ },
  ],
  'imports a memory': [
    assemble({
      imports: [{ module: 'env', name: 'memory', memory: { min: 1 } }],
      functions: [{ name: 'validate', export: 'validate', body: '' }],
    }),
    { refused: 'unknown-import', says: /env.*memory/ },
  ],
  'imports what the host adds for itself': [
    hostileGuest({
      ...calm,
      imports: [{ module: 'ostiary', name: 'control', memory: { min: 1, max: 1, shared: true } }],
    }),
    { refused: 'unknown-import', says: /ostiary/ },
  ],
  'has a start section that traps': [
    hostileGuest({ ...calm, start: 'begin', functions: [{ name: 'begin', body: 'unreachable' }] }),
    { always: 'trap' },
  ],
  'has a start section that loops': [
    hostileGuest({ ...calm, start: 'begin', functions: [{ name: 'begin', body: 'loop br 0 end' }] }),
    { always: 'deadline' },
  ],
  'exits in its start section': [
    hostileGuest({ ...calm, start: 'begin', functions: [{ name: 'begin', body: 'i32.const 0 call $proc_exit' }] }),
    { always: 'exit' },
  ],
  'traps in _initialize': [
    hostileGuest({ ...calm, functions: [{ name: 'begin', export: '_initialize', body: 'unreachable' }] }),
    { always: 'trap' },
  ],
  'loops in _initialize': [
    hostileGuest({ ...calm, functions: [{ name: 'begin', export: '_initialize', body: 'loop br 0 end' }] }),
    { always: 'deadline' },
  ],
  'calls the host in its start section, before it has memory': [
    hostileGuest({
      ...calm,
      start: 'begin',
      functions: [{ name: 'begin', body: 'i32.const 0 i32.const 8 call $random_get drop' }],
    }),
    { output: CLEAN_ANSWER },
  ],
  ...refusedFeatures({
    '64-bit memory': { memories: [{ min: 1, wide: true }], body: 'loop i64.const 1 memory.grow drop br 0 end' },
    'shared memory': {
      memories: [{ min: 1, max: 1, shared: true }],
      body: 'i32.const 0 i32.const 0 i64.const -1 memory.atomic.wait32 drop',
    },
    'more than one memory': { memories: [{ min: 1 }, { min: 1 }], body: 'nop' },
    'garbage-collected structs': {
      types: { node: { struct: ['i32', 'ref?node'] } },
      body: 'loop i32.const 1 ref.null $node struct.new $node drop br 0 end',
    },
    'garbage-collected .*arrays': {
      types: { bytes: { array: 'i64' } },
      body: 'loop i32.const 10000000 array.new_default $bytes drop br 0 end',
    },
  }),
};

/** Modules that use what can't be bounded; the message names the feature. */
function refusedFeatures(
  features: Readonly<Record<string, Omit<ModuleText, 'functions'> & { readonly body: string }>>,
): typeof structures {
  return Object.fromEntries(
    Object.entries(features).map(([feature, { body, ...rest }]) => [
      `uses ${feature.replace('.*', '')}`,
      [
        assemble({ ...rest, functions: [{ name: 'validate', export: 'validate', body }] }),
        { refused: 'invalid-module', says: new RegExp(feature) },
      ],
    ]),
  );
}

export const structureCases: readonly HostileCase[] = Object.entries(structures).map(([name, [module, expected]]) => ({
  name,
  module,
  expected,
}));
