import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '@ostiary/sandbox';
import type { LogFields } from '../log.ts';
import { debugCalls } from './debug-calls.ts';

const SECRET = 'hunter2';

async function logged(input: unknown, output: unknown): Promise<string> {
  const lines: string[] = [];
  const log = (_level: string, message: string, fields?: LogFields): void =>
    void lines.push(JSON.stringify({ message, ...fields }));
  const bytes = (value: unknown): Uint8Array =>
    new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
  const outcome: Outcome = { ok: true, output: bytes(output), micros: 12 };
  await debugCalls(() => outcome, { gate: 'admission', module: 'm' }, log)('validate', [bytes(input)]);
  return lines.join('\n');
}

test('a debug line shows what was decided about what, and no token, Secret or setting', async () => {
  const line = await logged(
    {
      request: {
        kind: 'AdmissionReview',
        spec: { token: SECRET, audiences: ['api'] },
        request: {
          uid: 'u-1',
          operation: 'CREATE',
          kind: { group: '', version: 'v1', kind: 'Secret' },
          object: { kind: 'Secret', data: { password: SECRET }, metadata: { annotations: { last: SECRET } } },
          userInfo: { username: 'jane', extra: { ticket: [SECRET] } },
        },
      },
      settings: { password: SECRET },
    },
    { response: { response: { allowed: false, patch: SECRET, status: { message: 'no', code: 403 } } } },
  );
  assert.ok(!line.includes(SECRET), line);
  for (const shown of ['u-1', 'CREATE', 'Secret', 'jane', '403', 'micros']) assert.ok(line.includes(shown), shown);
});

test('what is no JSON is only measured', async () => {
  const line = await logged(`token ${SECRET}`, `answer ${SECRET}`);
  assert.ok(!line.includes(SECRET), line);
  assert.match(line, /\[13 bytes that are not JSON\]/);
});

test('a shown member with an object inside stays out', async () => {
  const line = await logged(
    { request: { name: { hidden: SECRET }, groups: [{ hidden: SECRET }], message: [SECRET, 1] } },
    {},
  );
  assert.ok(!line.includes('hidden'), line);
});

test('what a failing module wrote to stderr is left to the line that is redacted', async () => {
  const lines: string[] = [];
  const failure = { code: 'trap', message: 'trapped: unreachable', stderr: `no: ${SECRET}` } as const;
  const log = (_level: string, message: string, fields?: LogFields): void =>
    void lines.push(JSON.stringify({ message, ...fields }));
  await debugCalls(() => ({ ok: false, micros: 1, failure }), { module: 'm' }, log)('authn', [new Uint8Array()]);
  assert.match(lines[0] ?? '', /trap: trapped: unreachable/);
  assert.ok(!lines.join('').includes(SECRET));
});
