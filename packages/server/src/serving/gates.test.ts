import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizationModule } from '@ostiary/policy';
import type { LogFields } from '../log.ts';
import { GateMetrics } from '../metrics/gate-metrics.ts';
import { renderFamilies } from '../metrics/registry.ts';
import { createGates } from './gates.ts';
import type { Generation } from './generation.ts';

const SECRET = 'hunter2';
const REVIEW = new TextEncoder().encode(
  JSON.stringify({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: 'jane', resourceAttributes: { verb: 'get', resource: 'pods' } },
  }),
);

/** An authorizer that fails and has told a secret to standard error. */
const failing: AuthorizationModule = {
  name: 'broken',
  settings: undefined,
  failurePolicy: 'NoOpinion',
  call: () => ({ ok: false, micros: 5, failure: { code: 'trap', message: 'trapped: unreachable', stderr: SECRET } }),
};

async function answer(
  debugged: readonly string[],
  authorization: Generation['authorization'],
): Promise<Record<'log' | 'metrics' | 'body', string>> {
  const lines: string[] = [];
  const metrics = new GateMetrics();
  let leases = 0;
  const generation: Generation = {
    number: 1,
    authentication: undefined,
    authorization,
    admission: undefined,
    debugged: new Set(debugged),
    policies: undefined,
    runners: new Map(),
  };
  const decide = createGates({
    acquire: () => {
      leases++;
      return { generation, release: () => void leases-- };
    },
    apiAudiences: undefined,
    metrics,
    log: (level, message, fields?: LogFields) => void lines.push(JSON.stringify({ level, message, ...fields })),
  });
  const { body } = await decide('authz', REVIEW);
  assert.equal(leases, 0, 'the generation is given back');
  return { log: lines.join('\n'), metrics: renderFamilies(metrics.families), body };
}

test('a failing module is named in the log and counted; its standard error is kept for those that are debugged', async () => {
  const { log, metrics } = await answer([], [failing]);
  assert.match(log, /module failed.*broken.*trapped: unreachable/);
  assert.ok(!log.includes(SECRET));
  assert.match(metrics, /ostiary_module_failures_total\{gate="authz",module="broken"\} 1\n/);
  assert.ok((await answer(['broken'], [failing])).log.includes(SECRET));
});

test('a defect of ours is an answer that grants nothing, and a line in the log', async () => {
  const throwing = {
    ...failing,
    get failurePolicy(): never {
      throw new Error('defect');
    },
  };
  const { body, log } = await answer([], [throwing]);
  assert.deepEqual(JSON.parse(body), { message: 'something went wrong' });
  assert.match(log, /request failed.*defect/);
});
