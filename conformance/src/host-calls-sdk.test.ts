import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import {
  compileGuest,
  createGuest,
  newSeed,
  type AbiName,
  type Guest,
  type HostAnswer,
  type HostCall,
  type HostCalls,
} from '@ostiary/sandbox';
import type { Recipe } from './build/recipes.ts';
import { CONTEXT_AWARE, EARLY, SDK_RECIPES } from './build/sdk-recipes.ts';
import { modulePath, whyNotBuilt } from './build/state.ts';
import { converse, replyText } from './host-calls.suite.ts';
import { tickingControl } from './node-control.ts';
import { HONEST_TIMEOUT_MS, LIMITS, outputText } from './sandbox-host.ts';

const control = await tickingControl();
const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

interface Sdk {
  readonly abi: AbiName;
  readonly validateSettings: string;
  /** Whether the SDK's log goes to the host. */
  readonly logs: boolean;
  /** Whether a guest's error text is its stderr. */
  readonly errorOnStderr: boolean;
}

const SDKS: Readonly<Partial<Record<Recipe['name'], Sdk>>> = {
  'rust-sdk': { abi: 'wapc', validateSettings: 'validate_settings', logs: true, errorOnStderr: false },
  'go-sdk': { abi: 'wasi-command', validateSettings: 'validate-settings', logs: false, errorOnStderr: true },
};

const NAMESPACES = {
  apiVersion: 'v1',
  kind: 'NamespaceList',
  metadata: {},
  items: [
    { metadata: { name: 'default', labels: { team: 'red' } } },
    { metadata: { name: 'other', labels: { team: 'blue' } } },
  ],
};

/** The cluster that the policies see. */
function cluster({ namespace, operation, payload }: HostCall): HostAnswer {
  const request = JSON.parse(utf8.decoder.decode(payload)) as Readonly<Record<string, unknown>>;
  switch (`${namespace}/${operation}`) {
    case 'kubernetes/list_resources_all':
      return request['kind'] === 'Namespace' ? replyText(JSON.stringify(NAMESPACES)) : refused('unknown kind');
    case 'kubernetes/get_resource':
      return request['name'] === 'missing'
        ? refused("Cannot find v1/Service named 'missing' inside of namespace '\"default\"'")
        : replyText(JSON.stringify({ metadata: { name: request['name'] }, spec: {} }));
    default:
      return refused(`unknown operation: ${operation}`);
  }
}

function refused(error: string): HostAnswer {
  return { ok: false, error };
}

interface Listened {
  readonly lines: string[];
  readonly calls: Partial<HostCalls>;
}

/** Takes log lines at once. */
function listening(seeded: HostCalls['seed']): Listened {
  const lines: string[] = [];
  const calls: Partial<HostCalls> = {
    ...(seeded && { seed: seeded }),
    begin: () => void (lines.length = 0),
    call: ({ namespace, operation, payload }) => {
      if (namespace !== 'tracing' || operation !== 'log') return undefined;
      lines.push(utf8.decoder.decode(payload));
      return replyText('');
    },
  };
  return { lines, calls };
}

function review(labels: Readonly<Record<string, string>>, services: readonly string[] = []): Uint8Array {
  return utf8.encoder.encode(
    JSON.stringify({
      request: {
        uid: 'u',
        kind: { group: '', version: 'v1', kind: 'Pod' },
        resource: { group: '', version: 'v1', resource: 'pods' },
        name: 'pod',
        namespace: 'default',
        operation: 'CREATE',
        userInfo: { username: 'alice', uid: '', groups: [], extra: {} },
        object: { metadata: { name: 'pod', labels } },
        dryRun: false,
      },
      settings: { label: 'team', services },
    }),
  );
}

for (const recipe of SDK_RECIPES) {
  const missing = whyNotBuilt(recipe);
  const sdk = SDKS[recipe.name];
  suite(`a context-aware policy: ${recipe.title}`, missing === undefined ? {} : { skip: missing }, () => {
    if (missing !== undefined || !sdk) return;
    const { abi, validateSettings, logs, errorOnStderr } = sdk;
    const operations = ['validate', validateSettings];
    const bytes = readFileSync(modulePath(recipe, CONTEXT_AWARE));
    const image = compileGuest(bytes, { abi, operations, memoryBytes: LIMITS.memoryBytes });
    const starting: string[] = [];
    const guest: Guest = createGuest(image, {
      control,
      timeoutMs: HONEST_TIMEOUT_MS,
      startCalls: { call: ({ payload }) => (starting.push(utf8.decoder.decode(payload)), replyText('')) },
    });

    test('validates its settings, whatever it logs', () => {
      const { calls, lines } = listening(undefined);
      const valid = converse(
        guest,
        validateSettings,
        utf8.encoder.encode('{"label":"team","services":[]}'),
        cluster,
        calls,
      );
      assert.equal((JSON.parse(outputText(valid.outcome) ?? '') as { valid: boolean }).valid, true);
      const invalid = converse(
        guest,
        validateSettings,
        utf8.encoder.encode('{"label":"","services":[]}'),
        cluster,
        calls,
      );
      assert.match(outputText(invalid.outcome) ?? '', /"valid":false,"message":".*label must be set/);
      assert.equal(lines.length, logs ? 1 : 0);
      assert.equal(starting.length, logs ? 1 : 0, 'it may log while it starts');
    });

    for (const [team, accepted] of [
      ['red', true],
      ['blue', false],
    ] as const) {
      test(`lists namespaces and looks up a label: ${team}`, () => {
        const { calls, lines } = listening(undefined);
        const { outcome, asked, runs } = converse(guest, 'validate', review({ team }), cluster, calls);
        const answer = JSON.parse(outputText(outcome) ?? JSON.stringify(outcome)) as Readonly<Record<string, unknown>>;
        assert.equal(answer['accepted'], accepted, JSON.stringify(answer));
        assert.equal(runs, 2);
        assert.deepEqual(
          asked.map(({ binding, namespace, operation }) => [binding, namespace, operation]),
          [['kubewarden', 'kubernetes', 'list_resources_all']],
        );
        assert.equal(lines.length, logs ? (accepted ? 2 : 1) : 0);
      });
    }

    test('asks 50 questions in a random order of its own', () => {
      const names = Array.from({ length: 50 }, (_, index) => `service-${index}`);
      const { outcome, asked, runs } = converse(
        guest,
        'validate',
        review({ team: 'red' }, names),
        cluster,
        listening(newSeed()).calls,
      );
      assert.match(outputText(outcome) ?? JSON.stringify(outcome), /"accepted":true/);
      assert.equal(runs, 52);
      assert.equal(asked.length, 51);
    });

    test('gets there as well when the order is another in each run', () => {
      const names = Array.from({ length: 5 }, (_, index) => `service-${index}`);
      const { outcome, asked } = converse(
        guest,
        'validate',
        review({ team: 'red' }, names),
        cluster,
        listening(undefined).calls,
      );
      assert.match(outputText(outcome) ?? JSON.stringify(outcome), /"accepted":true/);
      assert.equal(asked.length, 6);
    });

    test('is told what its host refuses', () => {
      const { outcome } = converse(
        guest,
        'validate',
        review({ team: 'red' }, ['missing']),
        cluster,
        listening(newSeed()).calls,
      );
      assert.ok(!outcome.ok);
      assert.match(errorOnStderr ? outcome.failure.stderr : outcome.failure.message, /Cannot find v1\/Service named/);
    });
  });
}

const early = SDK_RECIPES.find(({ modules }) => modules.includes(EARLY))!;
const missing = whyNotBuilt(early);

test('a Go command that asks before it reads finds the reply behind its input', { skip: missing ?? false }, () => {
  const bytes = readFileSync(modulePath(early, EARLY));
  const { memoryBytes } = LIMITS;
  const image = compileGuest(bytes, { abi: 'wasi-command', operations: ['validate'], memoryBytes });
  const guest = createGuest(image, { control, timeoutMs: HONEST_TIMEOUT_MS });
  assert.ok(image.resumable, 'it would go on at its first read, had it not asked before');
  const told = converse(guest, 'validate', utf8.encoder.encode('input'), () => replyText('reply'));
  assert.equal(outputText(told.outcome), 'inputreply|');
  const refusal = converse(guest, 'validate', utf8.encoder.encode('input'), () => refused('no'));
  assert.equal(outputText(refusal.outcome), 'refused: inputno');
});
