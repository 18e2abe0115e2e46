import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import type { HostAnswer, HostCall } from '@ostiary/sandbox';
import { HostCallClient, type ClientOptions } from './client.ts';
import type { Answered, AnswerHostCall, Asker, Questioner } from './contract.ts';
import { keyOf } from './key.ts';
import { serveHostCalls } from './service.ts';
import { payloadText, question, reply } from './testing/asking-guest.ts';
import { bump, createVersions, slotOf, versionOf } from './versions.ts';

const POLICY: Questioner = {
  policy: 'p',
  grants: { hostCapabilities: ['*'], contextAwareResources: [{ apiVersion: 'v1', kind: 'Namespace' }] },
};

interface Service extends Disposable {
  readonly client: HostCallClient;
  readonly asked: string[];
  readonly reported: string[];
}

/** A client and a service on a channel between them. */
function service(answer: AnswerHostCall, options: Partial<ClientOptions> = {}, timeoutMs?: number): Service {
  const { port1, port2 } = new MessageChannel();
  const asked: string[] = [];
  const reported: string[] = [];
  serveHostCalls(port1, {
    answer: (call, questioner, signal) => {
      asked.push(`${questioner.policy}:${payloadText(call)}`);
      return answer(call, questioner, signal);
    },
    report: (what, cause) => void reported.push(`${what}: ${String(cause)}`),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  const client = new HostCallClient({ port: port2, versions: createVersions(), ...options });
  return { client, asked, reported, [Symbol.dispose]: () => client.close() };
}

const once = async (call: HostCall): Promise<Answered> => ({
  answer: reply(`<${payloadText(call)}>`),
  validity: { kind: 'once' },
});
const ignore = (): void => undefined;

/** Asks as a request does. */
function ask(asker: Asker, text: string): Promise<HostAnswer> {
  return asker.ask(question(text), keyOf(question(text)));
}

function known(asker: Asker, text: string): HostAnswer | undefined {
  return asker.known(question(text), keyOf(question(text)));
}

test('a question arrives with its policy and grants, and its answer comes back', async () => {
  const seen: Questioner[] = [];
  using it = service(async (call, questioner) => (seen.push(questioner), once(call)));
  const asker = it.client.asker(POLICY, ignore);
  assert.equal(known(asker, 'a'), undefined);
  assert.deepEqual(await ask(asker, 'a'), reply('<a>'));
  assert.deepEqual(seen, [POLICY]);
  assert.equal(known(asker, 'a'), undefined, 'an answer for once is not kept');
});

test('the same question is asked once while it is being answered', async () => {
  using it = service(async (call) => delay(20).then(() => once(call)));
  const asker = it.client.asker(POLICY, ignore);
  const answers = await Promise.all(['a', 'a', 'b', 'a'].map((text) => ask(asker, text)));
  assert.deepEqual(answers, ['<a>', '<a>', '<b>', '<a>'].map(reply));
  assert.deepEqual(it.asked, ['p:a', 'p:b']);
});

test('an answer is known until its time is over', async () => {
  using it = service(async (call) => ({ ...(await once(call)), validity: { kind: 'until', until: Date.now() + 60 } }));
  const asker = it.client.asker(POLICY, ignore);
  await ask(asker, 'a');
  assert.deepEqual(known(asker, 'a'), reply('<a>'));
  await delay(80);
  assert.equal(known(asker, 'a'), undefined);
});

test('an answer is known until what it was made from changes, and never when that happened on its way', async () => {
  const versions = createVersions();
  const slot = slotOf('v1/Namespace');
  let changesOnTheWay = false;
  using it = service(
    async (call) => {
      const version = versionOf(versions, slot);
      const { answer } = await once(call);
      if (changesOnTheWay) bump(versions, slot);
      return { answer, validity: { kind: 'version', slot, version } };
    },
    { versions },
  );
  const asker = it.client.asker(POLICY, ignore);
  await ask(asker, 'a');
  assert.deepEqual(known(asker, 'a'), reply('<a>'));
  bump(versions, slot);
  assert.equal(known(asker, 'a'), undefined);
  changesOnTheWay = true;
  await ask(asker, 'a');
  assert.equal(known(asker, 'a'), undefined);
});

test('what one policy was told, another does not know, nor one with other grants', async () => {
  using it = service(async (call) => ({ ...(await once(call)), validity: { kind: 'until', until: Infinity } }));
  await ask(it.client.asker(POLICY, ignore), 'a');
  for (const other of [
    { ...POLICY, policy: 'q' },
    { ...POLICY, grants: { ...POLICY.grants, contextAwareResources: [] } },
  ]) {
    assert.equal(known(it.client.asker(other, ignore), 'a'), undefined);
  }
});

test('a rejected answer is reported, and the guest is told nothing of the cause', async () => {
  using it = service(async () => Promise.reject(new Error('secret')));
  assert.deepEqual(await ask(it.client.asker(POLICY, ignore), 'a'), {
    ok: false,
    error: "host capability 'kubernetes/ask' of 'kubewarden' could not be answered",
  });
  assert.deepEqual(it.reported, ["host capability 'kubernetes/ask' of 'kubewarden': Error: secret"]);
});

test('a service that is silent is not waited for, and is told so', async () => {
  let aborted = false;
  using it = service(
    (_call, _questioner, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => ((aborted = true), reject(signal.reason as Error))),
      ),
    { timeoutMs: 50 },
    50,
  );
  const answer = await ask(it.client.asker(POLICY, ignore), 'a');
  assert.match(answer.ok ? '' : answer.error, /gave no answer within 50 ms|could not be answered/);
  await delay(30);
  assert.ok(aborted);
  assert.deepEqual(it.reported, []);
});

test('when the channel closes, nobody waits on', async () => {
  using it = service(() => new Promise(() => undefined));
  const asker = it.client.asker(POLICY, ignore);
  const asked = ask(asker, 'a');
  it.client.close();
  for (const answer of [await asked, await ask(asker, 'b')]) {
    assert.match(answer.ok ? '' : answer.error, /is gone: the server is stopping/);
  }
});

test('a large answer comes by shared memory', async () => {
  const payload = new Uint8Array(100_000).fill(7);
  using it = service(async () => ({ answer: { ok: true, payload }, validity: { kind: 'once' } }));
  const answer = await ask(it.client.asker(POLICY, ignore), 'a');
  assert.ok(answer.ok && answer.payload.buffer instanceof SharedArrayBuffer);
  assert.equal(Buffer.compare(answer.payload, payload), 0);
});

test('an answer above the limit is a refusal', async () => {
  const payload = new Uint8Array(new SharedArrayBuffer(64 * 1024 * 1024 + 1));
  using it = service(async () => ({ answer: { ok: true, payload }, validity: { kind: 'once' } }));
  const answer = await ask(it.client.asker(POLICY, ignore), 'a');
  assert.match(answer.ok ? '' : answer.error, /more than the limit of 67108864 bytes/);
});
