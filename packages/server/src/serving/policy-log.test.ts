import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logOfPolicies } from './policy-log.ts';

function logged(payload: string | Uint8Array): unknown[] {
  const lines: unknown[] = [];
  const say = logOfPolicies((...line) => void lines.push(line));
  const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
  say('guard', { binding: 'kubewarden', namespace: 'tracing', operation: 'log', payload: bytes });
  return lines;
}

test('an event has its level and message, and the rest as data', () => {
  const rows: [payload: object, line: unknown[]][] = [
    [{ level: 'info', message: 'seen' }, ['info', 'seen', { target: 'policy_log', policy: 'guard', data: undefined }]],
    [
      { message: 'seen', level: 'WARNING', pod: 'a', tries: [1] },
      ['warn', 'seen', { target: 'policy_log', policy: 'guard', data: '{"pod":"a","tries":[1]}' }],
    ],
    [{ level: 'Trace', message: null }, ['debug', '', { target: 'policy_log', policy: 'guard', data: undefined }]],
  ];
  for (const [payload, line] of rows) assert.deepEqual(logged(JSON.stringify(payload)), [line]);
});

test('what is no event is told of, and not quoted', () => {
  const payloads = ['', 'null', '[]', '{}', '{"level":"loud"}', '{"level":"toString"}', '{"level":"info","message":1}'];
  for (const payload of [...payloads, Uint8Array.of(0xff)]) {
    assert.deepEqual(logged(payload), [
      ['warn', 'a policy has logged something that is no event', { policy: 'guard' }],
    ]);
  }
});

test('long texts are cut', () => {
  const [[, message, { data }]] = logged(
    JSON.stringify({ level: 'error', message: 'm'.repeat(9000), more: 'd'.repeat(9000) }),
  ) as [[string, string, { data: string }]];
  assert.deepEqual([message.length, data.length], [4097, 4097]);
});
