import { compileGuest, createGuest, type Control, type DataDocument, type Guest } from '@ostiary/sandbox';
import * as assert from './assert.ts';
import type { EachRegoGuest, RegoGuest } from './rego/guests.ts';
import type { Runner } from './runner.ts';
import { callText, LIMITS, outputText } from './sandbox-host.ts';

/** Generous for guests that are honest; those that are not have a deadline of their own. */
const HONEST_MS = 5000;

/** What modules compiled from Rego must do in every host (contract: policy-server §7.3 to 7.5). */
export function regoContract(runner: Runner, control: Control, modules: EachRegoGuest<Uint8Array>): void {
  const make: Make = (guest, options = {}) => {
    const { data, timeoutMs = HONEST_MS, snapshot = 'dirty-map' } = options;
    const image = compileGuest(modules[guest], {
      abi: 'rego',
      operations: ['eval'],
      memoryBytes: LIMITS.memoryBytes,
      snapshot,
    });
    return createGuest(image, {
      control,
      timeoutMs,
      startTimeoutMs: HONEST_MS,
      outputBytes: LIMITS.outputBytes,
      ...(data && { data }),
    });
  };
  policies(runner, make);
  documents(runner, make);
  hostBuiltins(runner, make);
  misbehaviour(runner, make);
}

interface Options {
  readonly data?: () => DataDocument;
  readonly timeoutMs?: number;
  readonly snapshot?: 'dirty-map' | 'none';
}

type Make = (guest: RegoGuest, options?: Options) => Guest;

function documentOf(value: unknown, version = 1): DataDocument {
  return { version, bytes: new TextEncoder().encode(JSON.stringify(value)) };
}

/** The result of the first entry of the result set. */
function evaluate(guest: Guest, input: unknown, operation = 'eval'): unknown {
  const outcome = callText(guest, operation, JSON.stringify(input));
  assert.ok(outcome.ok, 'failure' in outcome ? outcome.failure.message : '');
  return (JSON.parse(outputText(outcome) ?? '') as { result: unknown }[])[0]?.result;
}

function pod(labels: Readonly<Record<string, string>>, image: string): unknown {
  return { request: { uid: 'u', object: { metadata: { labels }, spec: { containers: [{ name: 'é', image }] } } } };
}

function response(guest: Guest, input: unknown): unknown {
  return (evaluate(guest, input) as { response: unknown }).response;
}

function policies({ suite, test }: Runner, make: Make): void {
  suite('policies compiled from Rego', () => {
    for (const snapshot of ['dirty-map', 'none'] as const) {
      test(`an OPA policy with settings, ${snapshot}`, () => {
        const settings = documentOf({ registries: ['ghcr.io'], required_labels: ['team'] });
        const guest = make('opa', { data: () => settings, snapshot });
        const message = 'container "é" runs docker.io/x, which is not from an allowed registry; label team is required';
        for (let round = 0; round < 3; round++) {
          assert.deepEqual(response(guest, pod({ team: 'a' }, 'ghcr.io/x')), { uid: 'u', allowed: true });
          assert.deepEqual(response(guest, pod({}, 'docker.io/x')), {
            uid: 'u',
            allowed: false,
            status: { message, code: 422 },
          });
        }
      });
    }
    test('an OPA policy without data', () => {
      assert.deepEqual(response(make('opa'), pod({}, 'docker.io/x')), { uid: 'u', allowed: true });
    });
    test('a Gatekeeper policy', () => {
      const guest = make('gatekeeper', { data: () => documentOf({ inventory: { cluster: {}, namespace: {} } }) });
      const review = { object: { metadata: { labels: { a: '1' } } } };
      assert.deepEqual(evaluate(guest, { parameters: { labels: ['a'] }, review }), []);
      assert.deepEqual(evaluate(guest, { parameters: { labels: ['a', 'b'] }, review }), [
        { msg: 'you must provide labels: {"b"}', details: { missing: ['b'] } },
      ]);
    });
  });
}

function documents({ suite, test }: Runner, make: Make): void {
  suite('the data document of a Rego module', () => {
    test('a new version is seen by the next call, and only then', () => {
      let data = documentOf({ required_labels: ['a'] });
      const guest = make('opa', { data: () => data });
      const allowed = (): unknown => (response(guest, pod({ b: '' }, 'x')) as { allowed: unknown }).allowed;
      assert.equal(allowed(), false);
      data = documentOf({ required_labels: ['b'] }, 1);
      assert.equal(allowed(), false);
      data = documentOf({ required_labels: ['b'] }, 2);
      assert.equal(allowed(), true);
    });
    test('a broken new version fails the call', () => {
      let data = documentOf({});
      const guest = make('opa', { data: () => data });
      evaluate(guest, pod({}, 'x'));
      data = { version: 2, bytes: new TextEncoder().encode('{"a":') };
      const outcome = callText(guest, 'eval', '{}');
      assert.ok(!outcome.ok);
      assert.equal(outcome.failure.code, 'guest-error');
      data = documentOf({}, 3);
      evaluate(guest, pod({}, 'x'));
    });
  });
}

/** What the calls in `conformance/guests/rego/builtins` must give. */
const ANSWERS = {
  sprintf: ' 3.14|ab    |{1, "two"}|6869',
  split: ['a', 'b'],
  template: true,
  quote: String.raw`\*.github.com`,
  day: 'Thursday',
  date: [2024, 3, 1],
  bytes: 1_610_612_736,
  milli: 0.25,
  patched: { a: [1, 'x', 2] },
  semver: 1,
  query: 'a=1%262&b=x&b=y',
  yaml: { a: [1, 'on'] },
  cidrs: ['10.0.0.0/24'],
  big: '123456789012345678901234567890',
  paths: [['a', 'b']],
  sha256: 'c78d7b91cdfd8a0652c65cb84d08962a5b25f8664350871d4c6e6662448fad01',
  subset: true,
};

function hostBuiltins({ suite, test }: Runner, make: Make): void {
  suite('builtins that the host serves', () => {
    test('values cross the boundary both ways', () => {
      assert.deepEqual(evaluate(make('builtins'), { list: 'a , b' }), ANSWERS);
    });
    test('time and random numbers are the same within a call, and others in the next', () => {
      const guest = make('builtins');
      assert.equal(evaluate(guest, {}, 'builtins/steady'), true);
      const identities = new Set([1, 2, 3].map(() => evaluate(guest, {}, 'builtins/identity')));
      assert.equal(identities.size, 3);
      const before = Date.now() - 1;
      assert.ok(Number(evaluate(guest, {}, 'builtins/now')) / 1e6 >= before, 'the clock goes on');
    });
    test('an argument that makes no sense fails the call, and is not quoted', () => {
      const outcome = callText(make('builtins'), 'builtins/broken', '{"time":"s3cret"}');
      assert.ok(!outcome.ok);
      assert.equal(outcome.failure.code, 'guest-error');
      assert.match(outcome.failure.message, /^time\.parse_rfc3339_ns: /);
      assert.ok(!outcome.failure.message.includes('s3cret'), 'the argument stays out of the message');
    });
  });
}

function misbehaviour({ suite, test }: Runner, make: Make): void {
  suite('Rego policies that misbehave', () => {
    const attacks = [
      ['hostile/spin', 'deadline', /limit of 150 ms/],
      ['hostile/deep', 'stack-overflow', /./],
      ['hostile/conflict', 'guest-error', /aborted: .*conflict/],
      ['hostile/hoard', 'memory-limit', /refused more memory/],
      ['no/such', 'guest-error', /no entrypoint/],
    ] as const;
    test('each fails its own call alone', () => {
      // Only what never ends is hurried: the others come to their own end, on a busy machine as well.
      const hurried = make('hostile', { timeoutMs: LIMITS.timeoutMs });
      const patient = make('hostile');
      for (const [operation, code, says] of attacks) {
        const guest = code === 'deadline' ? hurried : patient;
        for (let round = 0; round < 2; round++) {
          const outcome = callText(guest, operation, '{"a":true,"b":true}');
          assert.ok(!outcome.ok, `${operation} must fail`);
          assert.equal(outcome.failure.code, code, outcome.failure.message);
          assert.match(outcome.failure.message, says);
          assert.equal(evaluate(guest, { a: true }, 'hostile/conflict'), 1);
        }
      }
    });
    test('an input that is no JSON fails the call, and is not taken for none', () => {
      const outcome = callText(make('opa'), 'eval', '{"request":');
      assert.ok(!outcome.ok);
      assert.equal(outcome.failure.code, 'guest-error');
    });
  });
}
