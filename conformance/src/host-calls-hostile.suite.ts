import { compileGuest, createGuest, type AbiName, type Control, type Guest, type HostAnswer } from '@ostiary/sandbox';
import { askingWapcGuest, program } from '../guests/asking/index.ts';
import { AT, hostFunction, NAMES, push, pushNames } from '../guests/asking/program.ts';
import { assemble } from './assemble/index.ts';
import * as assert from './assert.ts';
import type { Runner } from './runner.ts';
import { callText, LIMITS, outputText } from './sandbox-host.ts';

const OUTSIDE = 65_536;
const GOOD: readonly number[] = [AT.names, 4, AT.names, 4, AT.names, 4, AT.names, 4];
const FIELDS = ['binding', 'namespace', 'operation', 'payload'] as const;
const answered: HostAnswer = { ok: true, payload: new Uint8Array(8) };

/** Eight operands of which one pair is bad. */
const badOperands = FIELDS.flatMap((field, index) =>
  [
    ['outside the memory', OUTSIDE, 1],
    ['with a negative length', AT.names, -1],
    ['with a negative pointer', -4, 8],
    ['across the end of the memory', OUTSIDE - 2, 4],
  ].map(([what, pointer, length]) => ({
    name: `${field} ${what}`,
    operands: GOOD.with(index * 2, Number(pointer)).with(index * 2 + 1, Number(length)),
  })),
);

/** Guests that misuse host calls, or that ask when they may not. */
export function hostileHostCallsContract({ suite, test }: Runner, control: Control): void {
  const make = (abi: AbiName, bytes: Uint8Array, start?: () => HostAnswer | undefined): Guest => {
    const image = compileGuest(bytes, { abi, operations: ['validate'], memoryBytes: LIMITS.memoryBytes });
    return createGuest(image, { control, timeoutMs: LIMITS.timeoutMs, ...(start && { startCalls: { call: start } }) });
  };
  const trapped = (guest: Guest, name: string): void => {
    for (let round = 0; round < 2; round++) {
      const outcome = guest.call('validate', [], { call: () => answered });
      assert.ok(!outcome.ok, 'it must fail');
      assert.equal(outcome.failure.code, 'trap');
      assert.equal(outcome.failure.message, `passed a pointer outside its memory to ${name}`);
    }
  };

  suite('guests that pass pointers outside their memory to their host', () => {
    for (const { name, operands } of badOperands) {
      test(`waPC: ${name}`, () =>
        trapped(make('wapc', wapcGuest(`${push(...operands)} call $__host_call drop`)), '__host_call'));
      test(`command: ${name}`, () =>
        trapped(make('wasi-command', command(`${push(...operands)} call $call drop`)), 'host.call'));
    }
    for (const pointer of [OUTSIDE, -1, OUTSIDE - 4]) {
      test(`waPC: a response to ${pointer}`, () => {
        const attack = `${push(...GOOD)} call $__host_call drop ${push(pointer)} call $__host_response`;
        trapped(make('wapc', wapcGuest(attack)), '__host_response');
      });
    }
  });

  suite('guests that overdo it', () => {
    test('a name of 2,000 bytes and a payload of 9 MiB are refused without asking anyone', () => {
      const asked: string[] = [];
      for (const [operands, expected] of [
        [GOOD.with(1, 2000), /names have at most 1024 bytes/],
        [GOOD.with(7, 9 * 1024 * 1024), /payload has at most 8388608 bytes, found 9437184/],
      ] as const) {
        const text = `${push(0)} call $__host_error ${push(0)} call $__host_error_len call $__guest_error i32.const 0 return`;
        const attack = `${push(200)} memory.grow drop ${push(...operands)} call $__host_call drop ${text}`;
        const outcome = make('wapc', wapcGuest(attack)).call('validate', [], {
          call: ({ operation }) => (asked.push(operation), answered),
        });
        assert.match(outcome.ok ? '' : outcome.failure.message, expected);
      }
      assert.deepEqual(asked, []);
    });

    for (const [what, then, expected] of [
      ['answers', `${push(AT.names, 4)} call $__guest_response i32.const 1 return`, 'awaiting-host'],
      ['asks again', `${push(...GOOD)} call $__host_call drop`, 'awaiting-host'],
      ['spins', 'loop br 0 end', 'deadline'],
    ] as const) {
      test(`a guest that catches the end of its run and ${what} has gained nothing`, () => {
        const attack = `block try_table 0 ${push(...GOOD)} call $__host_call drop end end ${then}`;
        const guest = make('wapc', wapcGuest(attack));
        const asked: string[] = [];
        const outcome = guest.call('validate', [], { call: ({ operation }) => void asked.push(operation) });
        assert.equal(!outcome.ok && outcome.failure.code, expected);
        assert.equal(asked.length, 1);
      });
    }
  });

  suite('guests that ask while they start', () => {
    const text = `${push(AT.error)} call $__host_error`;
    const askAtStart = `${pushNames('ask')} ${push(AT.names, 4)} call $__host_call drop`;

    test('are refused, with a reason', () => {
      const said = `${text} ${push(AT.error)} call $__host_error_len call $__console_log`;
      const lines: string[] = [];
      const image = compileGuest(starting(`${askAtStart} ${said}`), {
        abi: 'wapc',
        operations: ['validate'],
        memoryBytes: LIMITS.memoryBytes,
      });
      const guest = createGuest(image, { control, log: (line) => void lines.push(line) });
      assert.equal(outputText(callText(guest, 'validate', '')), 'kube');
      assert.deepEqual(lines, [
        "host capability 'kubernetes/ask' of 'kubewarden' can't be used while the guest starts",
      ]);
    });

    test('never end as waiting for an answer, also when there is someone who may have it', () => {
      const bytes = askingWapcGuest({ start: askAtStart });
      for (const start of [() => undefined, () => answered]) {
        const outcome = make('wapc', bytes, start).call('validate', [program({ ask: 'a' })], { call: () => answered });
        assert.ok(outcome.ok, JSON.stringify(outcome));
      }
    });
  });
}

const RESPOND = `${push(AT.names, 4)} call $__guest_response i32.const 1`;

function wapcGuest(body: string): Uint8Array<ArrayBuffer> {
  return wapcModule('i32.const 0 drop', `${body} ${RESPOND}`);
}

function starting(start: string): Uint8Array<ArrayBuffer> {
  return wapcModule(start, RESPOND);
}

function wapcModule(start: string, call: string): Uint8Array<ArrayBuffer> {
  return assemble({
    imports: [
      hostFunction('wapc', '__guest_response', 2, 0),
      hostFunction('wapc', '__guest_error', 2, 0),
      hostFunction('wapc', '__host_call', 8, 1),
      hostFunction('wapc', '__host_response', 1, 0),
      hostFunction('wapc', '__host_error_len', 0, 1),
      hostFunction('wapc', '__host_error', 1, 0),
      hostFunction('wapc', '__console_log', 2, 0),
    ],
    memories: [{ min: start.includes(String(AT.error)) ? 2 : 1, max: 300 }],
    memoryExport: 'memory',
    data: [{ offset: AT.names, text: NAMES }],
    functions: [
      { name: 'init', export: 'wapc_init', body: start },
      { name: 'call', export: '__guest_call', params: { o: 'i32', p: 'i32' }, results: ['i32'], body: call },
    ],
  });
}

function command(body: string): Uint8Array<ArrayBuffer> {
  return assemble({
    imports: [hostFunction('host', 'call', 8, 1)],
    memories: [{ min: 1, max: 1 }],
    memoryExport: 'memory',
    data: [{ offset: AT.names, text: NAMES }],
    functions: [{ name: 'start', export: '_start', body }],
  });
}
