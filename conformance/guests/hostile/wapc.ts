import { assemble, type ImportText, type ValueType } from '../../src/assemble/index.ts';
import type { Expected } from './case.ts';

const I32: ValueType = 'i32';
/** Behind the largest memory that the guests may have. */
const OUTSIDE = 32 * 65_536;
const SCRATCH = 4096;
/** `yes`, which is what the guests answer when they behave. */
const ANSWER = 1024;
const respond = `i32.const ${ANSWER} i32.const 3 call $__guest_response`;

const HOST_FUNCTIONS: readonly ImportText[] = Object.entries({
  __guest_request: [2, 0],
  __guest_response: [2, 0],
  __guest_error: [2, 0],
  __host_call: [8, 1],
  __host_response_len: [0, 1],
  __host_response: [1, 0],
  __host_error_len: [0, 1],
  __host_error: [1, 0],
  __console_log: [2, 0],
}).map(([name, [params = 0, results = 0]]) => ({
  module: 'wapc',
  name,
  function: { params: Array<ValueType>(params).fill(I32), results: Array<ValueType>(results).fill(I32) },
}));

const pass = (name: string, ...operands: readonly number[]): string =>
  `${operands.map((operand) => `i32.const ${operand}`).join(' ')} call $${name}`;
const outside = (name: string): Expected => ({ failure: 'trap', says: new RegExp(name) });
const hostCall = (pointer: number): string =>
  `${pass('__host_call', pointer, 2, ANSWER, 3, ANSWER, 3, ANSWER, 3)} drop`;

/** What a waPC guest does in place of an answer, which leaves its result; and what must come of it. */
const attacks: Readonly<Record<string, readonly [body: string, expected: Expected]>> = {
  'wants its request outside its memory': [
    `${pass('__guest_request', SCRATCH, OUTSIDE)} i32.const 1`,
    outside('__guest_request'),
  ],
  'wants its operation outside its memory': [
    `${pass('__guest_request', -1, SCRATCH)} i32.const 1`,
    outside('__guest_request'),
  ],
  'answers from outside its memory': [
    `${pass('__guest_response', OUTSIDE, 1)} i32.const 1`,
    outside('__guest_response'),
  ],
  'answers with 4 GiB': [`${pass('__guest_response', 0, -1)} i32.const 1`, outside('__guest_response')],
  'answers across the end of its memory': [
    `${pass('__guest_response', OUTSIDE - 2, 4)} i32.const 1`,
    outside('__guest_response'),
  ],
  'errs from outside its memory': [`${pass('__guest_error', OUTSIDE, 1)} i32.const 0`, outside('__guest_error')],
  'logs from outside its memory': [`${pass('__console_log', OUTSIDE, 1)} i32.const 1`, outside('__console_log')],
  'calls its host from outside its memory': [`${hostCall(OUTSIDE)} i32.const 1`, outside('__host_call')],
  'wants an error outside its memory': [
    `${hostCall(ANSWER)} ${pass('__host_error', OUTSIDE)} i32.const 1`,
    outside('__host_error'),
  ],
  'answers twice': [`${pass('__guest_response', SCRATCH, 100)} ${respond} i32.const 1`, { output: 'yes' }],
  'answers, then says that it failed': [`${respond} i32.const 0`, { failure: 'guest-error' }],
  'succeeds without an answer': ['i32.const 1', { failure: 'guest-error' }],
  'fails without an error': ['i32.const 0', { failure: 'guest-error' }],
  'fails with an empty error': [`${pass('__guest_error', 0, 0)} i32.const 0`, { failure: 'guest-error' }],
  'fails with an error of 60,000 bytes': [
    `${pass('__guest_error', 0, 60_000)} i32.const 0`,
    { failure: 'guest-error' },
  ],
  'answers with 60,000 bytes again and again': [
    `loop ${pass('__guest_response', 0, 60_000)} br 0 end unreachable`,
    { failure: 'deadline' },
  ],
  'errs again and again': [`loop ${pass('__guest_error', 0, 60_000)} br 0 end unreachable`, { failure: 'deadline' }],
  'logs again and again': [`loop ${pass('__console_log', 0, 60_000)} br 0 end unreachable`, { failure: 'deadline' }],
  'calls its host again and again': [`loop ${hostCall(ANSWER)} br 0 end unreachable`, { failure: 'deadline' }],
  'answers with more than the limit': [
    `i32.const 31 memory.grow drop ${pass('__guest_response', 0, 1_500_000)} i32.const 1`,
    { failure: 'output-limit' },
  ],
  'answers, then traps': [`${respond} unreachable`, { failure: 'trap' }],
  'calls its host, is refused, and answers': [`${hostCall(ANSWER)} ${respond} i32.const 1`, { output: 'yes' }],
};

/** waPC guests that behave on the payload `{}` and attack on any other. */
export const wapcCases: readonly {
  readonly name: string;
  readonly module: Uint8Array<ArrayBuffer>;
  readonly expected: Expected;
}[] = Object.entries(attacks).map(([name, [attack, expected]]) => ({ name, module: wapcGuest(attack), expected }));

function wapcGuest(attack: string): Uint8Array<ArrayBuffer> {
  return assemble({
    imports: HOST_FUNCTIONS,
    memories: [{ min: 1, max: 32 }],
    memoryExport: 'memory',
    data: [{ offset: ANSWER, text: 'yes' }],
    functions: [
      {
        name: 'call',
        export: '__guest_call',
        params: { operation: 'i32', payload: 'i32' },
        results: ['i32'],
        body: `local.get $payload i32.const 2 i32.ne if ${attack} return end ${respond} i32.const 1`,
      },
    ],
  });
}
