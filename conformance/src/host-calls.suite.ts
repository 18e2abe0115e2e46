import {
  compileGuest,
  createGuest,
  isAwaiting,
  newSeed,
  type AbiName,
  type Control,
  type Guest,
  type HostAnswer,
  type HostCall,
  type HostCalls,
  type Outcome,
} from '@ostiary/sandbox';
import { askingCommand, askingWapcGuest, program, type Step } from '../guests/asking/index.ts';
import * as assert from './assert.ts';
import type { Runner } from './runner.ts';
import { HONEST_TIMEOUT_MS, LIMITS, outputText } from './sandbox-host.ts';

const MEGABYTE = 1024 * 1024;
const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

/** Answers questions, each once: a question without an answer ends the run, which is repeated with the answer. */
export interface Conversation {
  readonly outcome: Outcome;
  /** Everything that was asked, in order, without repetitions. */
  readonly asked: readonly HostCall[];
  readonly runs: number;
}

/** Calls a guest again and again, with one more answer each time, until it needs no more. */
export function converse(
  guest: Guest,
  operation: string,
  input: Uint8Array,
  answer: (call: HostCall) => HostAnswer,
  calls: Partial<HostCalls> = { seed: newSeed() },
): Conversation {
  const memo = new Map<string, HostAnswer>();
  const asked: HostCall[] = [];
  const host: HostCalls = { ...calls, call: (call) => calls.call?.(call) ?? memo.get(contentOf(call)) };
  for (let runs = 1; ; runs++) {
    const outcome = guest.call(operation, [input], host);
    if (!isAwaiting(outcome)) return { outcome, asked, runs };
    assert.equal(outcome.failure.code, 'awaiting-host');
    assert.ok(!memo.has(contentOf(outcome.awaiting)), 'it asks nothing twice');
    asked.push(outcome.awaiting);
    memo.set(contentOf(outcome.awaiting), answer(outcome.awaiting));
  }
}

function contentOf({ binding, namespace, operation, payload }: HostCall): string {
  return JSON.stringify([binding, namespace, operation, utf8.decoder.decode(payload)]);
}

export function replyText(text: string): HostAnswer {
  return { ok: true, payload: utf8.encoder.encode(text) };
}

/** Answers with the question in angle brackets. */
const echo = (call: HostCall): HostAnswer => replyText(`<${utf8.decoder.decode(call.payload)}>`);

type SnapshotMode = 'dirty-map' | 'globals' | 'none';

interface Subject {
  readonly title: string;
  readonly abi: AbiName;
  readonly module: (pages: number) => Uint8Array;
  /** How a refusal by the host ends the guest. */
  readonly refusal: (outcome: Outcome) => string | undefined;
}

const ofMessage = (outcome: Outcome): string | undefined => (outcome.ok ? undefined : outcome.failure.message);
const ofStderr = (outcome: Outcome): string | undefined => (outcome.ok ? undefined : outcome.failure.stderr);
const SUBJECTS: readonly Subject[] = [
  { title: 'a waPC guest', abi: 'wapc', module: (pages) => askingWapcGuest({ pages }), refusal: ofMessage },
  { title: 'a command', abi: 'wasi-command', module: (pages) => askingCommand({ pages }), refusal: ofStderr },
  {
    title: 'a command of an old toolchain for JavaScript',
    abi: 'wasi-command',
    module: (pages) => askingCommand({ pages, module: 'kubewarden:javy/host', wasi: 'wasi_unstable' }),
    refusal: ofStderr,
  },
];

/** What host calls do, with every ABI that has them. */
export function hostCallsContract(runner: Runner, control: Control): void {
  for (const subject of SUBJECTS) hostCallsOf(runner, control, subject);
}

function hostCallsOf({ suite, test }: Runner, control: Control, { title, abi, module, refusal }: Subject): void {
  const make = (pages = 0, snapshot: SnapshotMode = 'dirty-map', timeoutMs = HONEST_TIMEOUT_MS): Guest => {
    const image = compileGuest(module(pages), {
      abi,
      operations: ['validate'],
      memoryBytes: LIMITS.memoryBytes,
      snapshot,
    });
    return createGuest(image, { control, timeoutMs, outputBytes: 16 * MEGABYTE });
  };
  const ask = (guest: Guest, steps: readonly Step[], answer = echo): Conversation =>
    converse(guest, 'validate', program(...steps), answer);

  suite(`${title} that asks its host`, () => {
    const guest = make();

    test('asks with binding, namespace, operation and payload as they are', () => {
      const { asked } = ask(guest, [{ ask: 'what?' }]);
      assert.deepEqual(asked.length, 1);
      const { binding, namespace, operation, payload } = asked[0]!;
      assert.deepEqual([binding, namespace, operation], ['kubewarden', 'kubernetes', 'ask']);
      assert.equal(utf8.decoder.decode(payload), 'what?');
    });

    test('is run once when all answers are known', () => {
      const outcome = guest.call('validate', [program({ ask: 'a' }, { ask: 'b' })], { call: echo });
      assert.equal(outputText(outcome), '<a><b>');
    });

    for (const snapshot of ['dirty-map', 'globals', 'none'] as const) {
      test(`is run once more for each answer that was not, from the same state (${snapshot})`, () => {
        const { outcome, runs } = ask(make(0, snapshot), [{ ask: 'a' }, { ask: 'b' }, { ask: 'a' }]);
        assert.equal(outputText(outcome), '<a><b><a>');
        assert.equal(runs, 3);
      });
    }

    test('may ask 300 different questions', () => {
      const names = Array.from({ length: 300 }, (_, index) => `q${index}`);
      const { outcome, runs } = ask(
        guest,
        names.map((name) => ({ ask: name })),
      );
      assert.equal(outputText(outcome), names.map((name) => `<${name}>`).join(''));
      assert.equal(runs, 301);
    });

    test('takes an empty reply', () => {
      const { outcome } = ask(guest, [{ ask: 'a' }], () => replyText(''));
      assert.equal(outputText(outcome), '');
    });

    test('takes a reply of 10 MB, and the next call is clean', () => {
      const large = make(400);
      const payload = new Uint8Array(10 * MEGABYTE).fill(120);
      const { outcome } = ask(large, [{ ask: 'a' }], () => ({ ok: true, payload }));
      assert.ok(outcome.ok && outcome.output.length === payload.length);
      assert.equal(outputText(ask(large, [{ ask: 'b' }]).outcome), '<b>');
    });

    test('is told of a refusal, whose text it gets', () => {
      const { outcome } = ask(guest, [{ ask: 'a' }], () => ({ ok: false, error: 'unknown namespace: höll' }));
      assert.equal(refusal(outcome), 'unknown namespace: höll');
    });

    test('gets a refusal in place of a reply that can never fit into its memory', () => {
      const payload = new Uint8Array(new SharedArrayBuffer(LIMITS.memoryBytes + 1));
      const { outcome } = ask(guest, [{ ask: 'a' }], () => ({ ok: true, payload }));
      assert.match(refusal(outcome) ?? '', /'kubernetes\/ask' of 'kubewarden' answered with \d+ bytes, more than/);
    });

    test('is refused by nobody in particular when nobody is there', () => {
      const outcome = guest.call('validate', [program({ ask: 'a' })]);
      assert.equal(refusal(outcome), "host capability 'kubernetes/ask' of 'kubewarden' is not available");
    });

    test('may ignore the reply', () => {
      const { asked, outcome } = ask(guest, [{ askInVain: 'a' }], () => replyText(''));
      assert.equal(asked.length, 1);
      assert.equal(outputText(outcome), '');
    });

    test('is stopped when it does not end after a reply, and the next call is clean', () => {
      const limited = make(0, 'dirty-map', LIMITS.timeoutMs);
      const { outcome } = ask(limited, [{ ask: 'a' }, 'spin']);
      assert.equal(!outcome.ok && outcome.failure.code, 'deadline');
      assert.equal(outputText(ask(limited, [{ ask: 'b' }]).outcome), '<b>');
    });

    test('is stopped earlier when its caller has less time', () => {
      const started = performance.now();
      const outcome = guest.call('validate', [program('spin')], { call: echo, limitMs: 20 });
      assert.equal(ofMessage(outcome), 'gave no answer within its limit of 20 ms');
      assert.ok(performance.now() - started < HONEST_TIMEOUT_MS / 2);
    });

    test('draws the same random bytes and sees the same time in every repetition, and others in another call', () => {
      const steps: readonly Step[] = ['random', 'clock', { ask: 'a' }, 'random', 'clock'];
      const seen = (calls: Partial<HostCalls>): string => {
        const { outcome, runs } = converse(guest, 'validate', program(...steps), echo, calls);
        assert.ok(outcome.ok && runs === 2);
        return String(outcome.output);
      };
      const seed = newSeed();
      assert.equal(seen({ seed }), seen({ seed }));
      assert.ok(seen({ seed }) !== seen({ seed: newSeed() }));
      const known = guest.call('validate', [program(...steps)], { seed, call: echo });
      assert.equal(String(known.ok && known.output), seen({ seed }), 'whether the answer was known or not');
      assert.ok(seen({}) !== seen({}), 'without a seed all is live');
    });

    test('converses for several requests at the same time', () => {
      const calls = ['a', 'b', 'c'].map((name) => ({
        input: program({ ask: name }, { ask: `${name}2` }),
        memo: new Map<string, HostAnswer>(),
        done: '',
      }));
      while (calls.some(({ done }) => done === '')) {
        for (const call of calls) {
          const outcome = guest.call('validate', [call.input], { call: (each) => call.memo.get(contentOf(each)) });
          if (isAwaiting(outcome)) call.memo.set(contentOf(outcome.awaiting), echo(outcome.awaiting));
          else call.done = outputText(outcome) ?? 'failed';
        }
      }
      assert.deepEqual(
        calls.map(({ done }) => done),
        ['<a><a2>', '<b><b2>', '<c><c2>'],
      );
    });

    test('says when a run starts, so that what an earlier one has said can be forgotten', () => {
      const lines: string[] = [];
      const { outcome } = converse(guest, 'validate', program({ log: 'x' }, { ask: 'a' }, { log: 'y' }), echo, {
        begin: () => void (lines.length = 0),
        call: ({ namespace, payload }) =>
          namespace === 'tracing' ? (lines.push(utf8.decoder.decode(payload)), replyText('')) : undefined,
      });
      assert.ok(outcome.ok);
      assert.deepEqual(lines, ['x', 'y']);
    });
  });
}
