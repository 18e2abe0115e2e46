import assert from 'node:assert/strict';
import { test } from 'node:test';
import { payloadOf, type CallPolicy, type Constraints } from '@ostiary/policy';
import fc from 'fast-check';
import { PolicyMetrics, MAX_SERIES } from '../metrics/policy-metrics.ts';
import { renderFamilies } from '../metrics/registry.ts';
import type { Generation } from './generation.ts';
import { createPolicies, type PolicyRecord } from './policies.ts';
import type { ServedPolicy } from './served-policies.ts';

const encoder = new TextEncoder();
const PROTECT: Constraints = { id: 'p', mode: 'protect', allowedToMutate: true, message: undefined };

function body(more: object = {}): Uint8Array {
  const request = {
    uid: 'u1',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    operation: 'CREATE',
    namespace: 'default',
    userInfo: {},
    object: { secret: 'hunter2' },
    ...more,
  };
  return encoder.encode(JSON.stringify({ request }));
}

function policy(answer: string | CallPolicy, constraints: Partial<Constraints> = {}): ServedPolicy {
  const output = typeof answer === 'string' ? encoder.encode(answer) : undefined;
  const call: CallPolicy = output ? () => ({ ok: true, output, micros: 1 }) : (answer as CallPolicy);
  const judge = { kind: 'wapc', payload: payloadOf('wapc', '{"password":"s3cret"}'), call } as const;
  return { kind: 'policy', constraints: { ...PROTECT, ...constraints }, judge };
}

interface Asking {
  readonly ask: ReturnType<typeof createPolicies>;
  readonly records: PolicyRecord[];
  readonly lines: string[];
  readonly metrics: PolicyMetrics;
  readonly leases: () => number;
}

function serving(policies: Readonly<Record<string, ServedPolicy>>, alwaysAcceptNamespace?: string): Asking {
  const generation: Generation = {
    number: 1,
    authentication: undefined,
    authorization: undefined,
    admission: undefined,
    policies: new Map(Object.entries(policies)),
    debugged: new Set(),
    runners: new Map(),
  };
  let leases = 0;
  const records: PolicyRecord[] = [];
  const lines: string[] = [];
  const metrics = new PolicyMetrics();
  const ask = createPolicies({
    acquire: () => {
      leases++;
      return { generation, release: () => void leases-- };
    },
    alwaysAcceptNamespace,
    metrics,
    log: (level, message, fields) => void lines.push(JSON.stringify({ level, message, ...fields })),
    record: (record) => void records.push(record),
  });
  return { ask, records, lines, metrics, leases: () => leases };
}

test('audit and validate of equal bodies agree where the configuration changes nothing', async () => {
  const answer = fc.record(
    {
      accepted: fc.boolean(),
      message: fc.string(),
      code: fc.nat(65_535),
      mutated_object: fc.dictionary(fc.string(), fc.jsonValue()),
      warnings: fc.array(fc.string()),
      audit_annotations: fc.dictionary(fc.string(), fc.string()),
    },
    { requiredKeys: ['accepted'] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        answer.map((value) => JSON.stringify(value)),
        fc.json(),
      ),
      fc.boolean(),
      async (text, isDelete) => {
        const { ask } = serving({ p: policy(text) });
        const request = body(isDelete ? { object: null } : {});
        assert.deepEqual(await ask('audit', 'p', request), await ask('validate', 'p', request));
      },
    ),
  );
});

test('whatever the body, the answer is a status of the contract and JSON', async () => {
  const { ask, leases } = serving({ p: policy('{"accepted":true}') });
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => encoder.encode(text)),
    fc
      .dictionary(fc.constantFrom('uid', 'kind', 'resource', 'operation', 'userInfo', 'object'), fc.jsonValue())
      .map(body),
  );
  await fc.assert(
    fc.asyncProperty(bodies, fc.constantFrom('validate', 'audit', 'validate_raw'), async (bytes, origin) => {
      const reply = await ask(origin, 'p', bytes);
      assert.ok([200, 400, 422].includes(reply.status));
      assert.equal(typeof JSON.parse(String(reply.body)), 'object');
    }),
  );
  assert.equal(leases(), 0);
});

test('a defect of ours is a 500, gives the generation back and is logged', async () => {
  const broken: CallPolicy = () => {
    throw new Error('defect');
  };
  const { ask, lines, leases } = serving({ p: policy(broken) });
  assert.deepEqual(await ask('validate', 'p', body()), {
    status: 500,
    body: '{"message":"Something went wrong","status":500}',
  });
  assert.equal(leases(), 0);
  assert.match(lines.join(), /policy request failed.*defect/);
});

test('monitor mode leaves a line for what it would have rejected, with nothing of request or settings', async () => {
  const { ask, lines } = serving({
    no: policy('{"accepted":false,"message":"hunter2 is no name","code":403}', { id: 'no', mode: 'monitor' }),
    yes: policy('{"accepted":true}', { id: 'yes', mode: 'monitor' }),
  });
  for (const origin of ['validate', 'audit'] as const) for (const id of ['no', 'yes']) await ask(origin, id, body());
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      {
        level: 'info',
        message: 'policy evaluation (monitor mode)',
        policy: 'no',
        allowed: false,
        mutated: false,
        code: 403,
      },
    ],
  );
});

test('a record has the verdict before, and the answer after, the configuration’s part', async () => {
  const { ask, records } = serving(
    {
      p: policy('{"accepted":true,"mutated_object":{}}', { allowedToMutate: false }),
      failed: { kind: 'failed', constraints: { ...PROTECT, id: 'failed', mode: 'monitor' }, error: 'broken' },
    },
    'always',
  );
  await ask('validate', 'p', body());
  await ask('validate', 'failed', body());
  await ask('audit', 'p', body({ namespace: 'always' }));
  await ask('validate', 'unknown', body());
  assert.deepEqual(
    records.map(({ policy: id, verdict, response, evaluated }) => [id, verdict.allowed, response.allowed, evaluated]),
    [
      ['p', true, false, true],
      ['failed', false, false, false],
      ['p', true, true, false],
    ],
  );
});

test('series are bounded, whatever kinds and namespaces requests make up', async () => {
  const { ask, metrics } = serving({ p: policy('{"accepted":true}') });
  for (let i = 0; i < MAX_SERIES + 500; i++) await ask('validate', 'p', body({ namespace: `n${i}` }));
  await ask('validate', 'p', body({ namespace: 'n'.repeat(10_000) }));
  const text = renderFamilies(metrics.families.slice(0, 1));
  assert.ok(text.split('\n').length <= MAX_SERIES + 10);
  assert.match(text, /resource_namespace="\(other\)"\} 501\n/);
});
