import { compileGuest, createGuest, type Guest } from '@ostiary/sandbox';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { KYVERNO, KYVERNO_POLICY } from './build/kyverno-recipe.ts';
import { modulePath, whyNotBuilt } from './build/state.ts';
import { tickingControl } from './node-control.ts';

const OPERATIONS = ['validate', 'validate-settings'];
/** The module is large: the first calls run code that V8 has not yet compiled well. */
const TIMEOUT_MS = 20_000;
const MEMORY_BYTES = 256 * 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;

interface Verdict {
  readonly accepted: boolean;
  readonly message?: string;
  readonly warnings?: readonly string[];
  readonly mutated_object?: { readonly metadata: { readonly labels?: Json }; readonly spec: Json };
}

const PODS = { any: [{ resources: { kinds: ['Pod'] } }] };

function policy(action: string, ...rules: readonly Json[]): Json {
  const named = rules.map((rule) => ({ name: 'rule', match: PODS, ...rule }));
  const spec = { background: true, validationFailureAction: action, rules: named };
  return { apiVersion: 'kyverno.io/v1', kind: 'ClusterPolicy', metadata: { name: 'sample', labels: {} }, spec };
}

function validates(validate: Json): Json {
  return policy('Enforce', { validate: { message: 'the rule says no', ...validate } });
}

function pod(image: string, labels: Json = {}): Json {
  const metadata = { name: 'web', namespace: 'shop', labels };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'web', image }] } };
}

function request(object: Json, more: Json = {}): Json {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  return { uid: '1', kind, name: 'web', namespace: 'shop', operation: 'CREATE', userInfo: {}, object, ...more };
}

const TAGGED = { pattern: { spec: { containers: [{ image: '!*:latest' }] } } };
const CONDITIONAL = {
  pattern: { spec: { containers: [{ '(image)': 'internal/*', '=(imagePullPolicy)': 'Always', name: 'approved-?*' }] } },
};
const EITHER = { anyPattern: [{ metadata: { labels: { team: '?*' } } }, { metadata: { labels: { owner: '?*' } } }] };

function denies(operator: string, value: unknown): Json {
  const conditions = { any: [{ key: '{{ request.object.metadata.labels.tier }}', operator, value }] };
  return { message: 'no {{request.object.metadata.labels.tier}} here', deny: { conditions } };
}

/** Policy, object and the words of the refusal; none where the object is allowed. */
const VERDICTS: Readonly<Record<string, readonly [Json, Json, string?]>> = {
  'a pattern that holds': [validates(TAGGED), pod('web:1.2')],
  'a pattern that does not': [
    validates(TAGGED),
    pod('web:latest'),
    'sample/rule: the rule says no (at /spec/containers/0/image/)',
  ],
  'a condition of an anchor that does not hold': [validates(CONDITIONAL), pod('public/web:1')],
  'a condition of an anchor that holds': [
    validates(CONDITIONAL),
    pod('internal/web:1'),
    'sample/rule: the rule says no (at /spec/containers/0/name/)',
  ],
  'the second of two patterns': [validates(EITHER), pod('web:1', { owner: 'ann' })],
  'none of two patterns': [
    validates(EITHER),
    pod('web:1'),
    'sample/rule: the rule says no (at /metadata/labels/team/, /metadata/labels/owner/)',
  ],
  'a condition of deny that does not hold': [validates(denies('Equals', 'free')), pod('web:1', { tier: 'paid' })],
  'a condition of deny that holds': [
    validates(denies('AnyIn', ['trial', 'fr*'])),
    pod('web:1', { tier: 'free' }),
    'sample/rule: no free here',
  ],
  'another kind': [
    policy('Enforce', { match: { any: [{ resources: { kinds: ['Deployment'] } }] }, validate: TAGGED }),
    pod('web:latest'),
  ],
  'an excluded namespace': [
    policy('Enforce', { exclude: { any: [{ resources: { namespaces: ['sh*'] } }] }, validate: TAGGED }),
    pod('web:latest'),
  ],
};

const NONSENSE: Readonly<Record<string, unknown>> = {
  'no policies': {},
  'an empty list': { policies: [] },
  'another kind': { policies: [{ ...validates(TAGGED), kind: 'ConfigMap' }] },
  'no rules': { policies: [policy('Enforce')] },
  'no action': { policies: [policy('Enforce', {})] },
  'two actions': { policies: [policy('Enforce', { validate: TAGGED, mutate: { patchStrategicMerge: {} } })] },
  'a rule that needs a registry': { policies: [policy('Enforce', { verifyImages: [] })] },
  'a rule that needs a cluster': { policies: [policy('Enforce', { validate: TAGGED, context: [{ name: 'a' }] })] },
  'an operator that does not exist': { policies: [validates(denies('Resembles', 'x'))] },
  'a failure action that does not exist': { policies: [policy('Perhaps', { validate: TAGGED })] },
  'no JSON object': [],
};

const missing = whyNotBuilt(KYVERNO);
const skipped: { readonly skip?: string } = missing === undefined ? {} : { skip: `${missing} --kyverno` };
suite("a policy with Kyverno's engine", skipped, async () => {
  if (missing !== undefined) return;
  const options = { abi: 'wasi-command', operations: OPERATIONS, memoryBytes: MEMORY_BYTES } as const;
  const image = compileGuest(readFileSync(modulePath(KYVERNO, KYVERNO_POLICY)), options);
  const guest = createGuest(image, { control: await tickingControl(), timeoutMs: TIMEOUT_MS });
  const judge = (rules: Json, object: Json, more?: Json): Verdict =>
    ask(guest, 'validate', { request: request(object, more), settings: { policies: [rules] } }) as Verdict;

  for (const [name, [rules, object, message]] of Object.entries(VERDICTS)) {
    test(name, () => {
      const verdict = judge(rules, object);
      assert.deepEqual([verdict.accepted, verdict.message], [message === undefined, message]);
    });
  }

  test('Audit warns and allows', () => {
    const verdict = judge(policy('Audit', { validate: { ...TAGGED, message: 'pin it' } }), pod('web:latest'));
    assert.equal(verdict.accepted, true);
    assert.deepEqual(verdict.warnings, ['sample/rule: pin it (at /spec/containers/0/image/)']);
  });

  test('a variable that is not there refuses', () => {
    assert.equal(judge(validates(denies('Equals', 'free')), pod('web:1')).accepted, false);
  });

  test('patches change the object before it is checked', () => {
    const merge = { patchStrategicMerge: { metadata: { labels: { '+(team)': '{{request.namespace}}' } } } };
    const json = { patchesJson6902: '- op: add\n  path: /spec/priority\n  value: 7' };
    const check = { message: 'no team', pattern: { metadata: { labels: { team: 'shop' } } } };
    const verdict = judge(policy('Enforce', { validate: check }, { mutate: merge }, { mutate: json }), pod('web:1'));
    assert.deepEqual([verdict.accepted, verdict.message], [true, undefined]);
    assert.equal(verdict.mutated_object?.metadata.labels?.['team'], 'shop');
    assert.equal(verdict.mutated_object?.spec['priority'], 7);
  });

  test('an object that is deleted is judged by conditions', () => {
    const conditions = { all: [{ key: '{{request.operation}}', operator: 'Equals', value: 'DELETE' }] };
    const more = { operation: 'DELETE', object: null, oldObject: pod('web:1') };
    assert.equal(judge(validates({ deny: { conditions } }), {}, more).accepted, false);
  });

  for (const [name, settings] of Object.entries(NONSENSE)) {
    test(`settings with ${name} are refused`, () => {
      const { valid, message } = ask(guest, 'validate-settings', settings) as { valid: boolean; message?: string };
      assert.equal(valid, false);
      assert.notEqual(message ?? '', '');
    });
  }

  test('settings with a policy are valid', () => {
    assert.deepEqual(ask(guest, 'validate-settings', { policies: [validates(TAGGED)] }), { valid: true });
  });
});

function ask(guest: Guest, operation: string, input: unknown): unknown {
  const outcome = guest.call(operation, [new TextEncoder().encode(JSON.stringify(input))]);
  if (!outcome.ok) throw new Error(`${outcome.failure.message} ${outcome.failure.stderr}`);
  return JSON.parse(new TextDecoder().decode(outcome.output));
}
