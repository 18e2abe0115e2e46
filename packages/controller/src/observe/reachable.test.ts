import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Pod } from '../cluster/objects.ts';
import { parseAcknowledgement, servingPods } from './acknowledgement.ts';
import type { Revision } from './history.ts';
import { reachOf } from './reachable.ts';
import type { Loose } from '../testing/harness.ts';

const REVISIONS: Readonly<Record<string, Revision>> = {
  old: new Map([['p', { hash: 'h1', mode: 'monitor' }]]),
  between: new Map([['p', { hash: 'h2', mode: 'protect' }]]),
  new: new Map([['p', { hash: 'h2', mode: 'protect' }]]),
};

function pod(name: string, revision: string | undefined, more: Readonly<Record<string, Loose>> = {}): Pod {
  const { ready = true, failed = {}, refused, deleted = false, phase = 'Running', version, waiting, last } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(deleted ? { deletionTimestamp: 'now' } : {}),
      ...(version === undefined ? {} : { labels: { 'kubewarden/config-version': version } }),
      ...(revision === undefined
        ? {}
        : { annotations: { 'ostiary.dev/serving': JSON.stringify({ revision, failed, refused }) } }),
    },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      ...(waiting === undefined
        ? {}
        : {
            containerStatuses: [
              { state: { waiting: { reason: waiting } }, lastState: { terminated: { message: last } } },
            ],
          }),
    },
  };
}

const reach = (pods: readonly Pod[]) => reachOf('p', 'h2', servingPods(pods), (name) => REVISIONS[name]);

suite('a policy is served', () => {
  const table: readonly (readonly [string, readonly Pod[], boolean])[] = [
    ['by no pod at all', [], false],
    ['by the only pod', [pod('a', 'new')], true],
    ['by a pod that is a revision behind, in which it was the same', [pod('a', 'between')], true],
    ['not by a pod that has another version of it', [pod('a', 'old')], false],
    ['not while one of two pods has another', [pod('a', 'new'), pod('b', 'old')], false],
    ['not by a pod that has said nothing', [pod('a', undefined)], false],
    ['not by a pod at a revision that nobody knows', [pod('a', 'unknown')], false],
    ['although a pod comes up', [pod('a', 'new'), pod('b', undefined, { ready: false })], true],
    ['although a pod goes', [pod('a', 'new'), pod('b', 'old', { deleted: true })], true],
    ['although a pod was evicted', [pod('a', 'new'), pod('b', 'old', { phase: 'Failed' })], true],
    ['not by pods none of which is ready', [pod('a', 'new', { ready: false })], false],
    ['not where it fails', [pod('a', 'new', { failed: { p: 'no such module' } })], false],
    ['although another policy fails', [pod('a', 'new', { failed: { q: 'no such module' } })], true],
    ['by a pod that mounts the ConfigMap', [pod('a', undefined, { version: 'new' })], true],
    ['not by one that mounts an older one', [pod('a', undefined, { version: 'old' })], false],
  ];
  for (const [name, pods, expected] of table) test(name, () => assert.equal(reach(pods).isServed, expected));
});

test('the reason of a failure names the pod', () => {
  assert.equal(reach([pod('a', 'new', { failed: { p: 'no such module' } })]).failure, 'pod a: no such module');
  const refused = { revision: 'new', reason: 'a gate is broken' };
  assert.equal(reach([pod('a', 'old', { refused })]).failure, 'pod a: a gate is broken');
  assert.equal(reach([pod('a', 'new', { refused: { revision: 'unknown', reason: 'x' } })]).failure, undefined);
  const crashing = pod('a', undefined, {
    ready: false,
    waiting: 'CrashLoopBackOff',
    last: 'starting\nError: bad settings\n',
  });
  assert.equal(reach([crashing]).trouble, 'pod a: CrashLoopBackOff: Error: bad settings');
  assert.equal(reach([pod('a', undefined, { ready: false, waiting: 'ContainerCreating' })]).trouble, undefined);
});

test('the mode is the one that pods have', () => {
  assert.equal(reach([pod('a', 'old')]).mode, 'monitor');
  assert.equal(reach([pod('a', 'new')]).mode, 'protect');
  assert.equal(reach([pod('a', 'new'), pod('b', 'old')]).mode, undefined);
  assert.deepEqual(
    [reach([pod('a', 'new'), pod('b', 'old')]).ready, reach([pod('a', 'new'), pod('b', 'old')]).total],
    [1, 2],
  );
});

test('what a pod writes is not trusted', () => {
  for (const text of [
    undefined,
    '',
    '{',
    '[]',
    '{"failed":{}}',
    '{"revision":1}',
    `{"revision":"${'x'.repeat(300_000)}"}`,
  ]) {
    assert.equal(parseAcknowledgement(text), undefined, (text ?? 'nothing').slice(0, 20));
  }
  const long = parseAcknowledgement(JSON.stringify({ revision: 'r', failed: { p: 'x'.repeat(5000), q: { a: 1 } } }));
  assert.equal(long?.failed['p']?.length, 512);
  assert.deepEqual(parseAcknowledgement('{"revision":"r","failed":7}')?.failed, {});
});
