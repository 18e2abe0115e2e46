import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runAudit } from '@ostiary/audit';
import { create, type KubeObject } from '@ostiary/kube';
import { CONFIG_MAPS, startRecorder, startStand, type Recorder, type Stand } from './stand.ts';

/** Objects and policies; larger by the environment: OSTIARY_AUDIT_OBJECTS=20000 OSTIARY_AUDIT_POLICIES=20. */
const OBJECTS = Number(process.env['OSTIARY_AUDIT_OBJECTS'] ?? 600);
const POLICIES = Number(process.env['OSTIARY_AUDIT_POLICIES'] ?? 4);

/** What a run may need beside what it needs for few objects: pages, requests under way, and garbage. */
const MAX_GROWTH_MB = 150;

let stand: Stand;
let recorder: Recorder;
let caFile: string;

before(async () => {
  stand = await startStand();
  recorder = await startRecorder();
  caFile = join(stand.dir, 'ca.pem');
  await writeFile(caFile, recorder.caPem);
  await stand.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'scale' } });
});

after(async () => {
  await recorder.vanish();
  await stand.stop();
});

/** ConfigMaps of a kilobyte, as many at a time as connections are good for. */
async function generate(from: number, to: number): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < to; at = next++) {
      const object = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace: 'scale', name: `object-${at}` },
        data: { text: 'x'.repeat(1000) },
      };
      await create(stand.client, CONFIG_MAPS, object as KubeObject);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

test('time grows with evaluations, memory does not', { timeout: 3_600_000 }, async (t) => {
  const curve: {
    objects: number;
    policies: number;
    seconds: number;
    evaluations: number;
    limit: number;
    rss: number;
  }[] = [];
  let objects = 0;
  for (const [size, policies] of [
    [OBJECTS / 4, 1],
    [OBJECTS / 2, 1],
    [OBJECTS, 1],
    [OBJECTS, POLICIES],
  ] as const) {
    await generate(objects, size);
    objects = size;
    for (let at = 0; at < policies; at += 1) await stand.policy(`scale-${at}`);
    recorder.asked.length = 0;
    let limit = 0;
    const onProgress = (progress: { readonly limit: number }): void => void (limit = progress.limit);
    const startedAt = performance.now();
    const { document } = await runAudit({
      ...(await stand.options(recorder.url, caFile)),
      namespace: 'scale',
      onProgress,
    });
    const seconds = (performance.now() - startedAt) / 1000;
    assert.equal(document.totals.summary.pass, size * policies);
    curve.push({
      objects: size,
      policies,
      seconds,
      evaluations: recorder.asked.length,
      limit,
      rss: Math.round(process.memoryUsage().rss / 1e6),
    });
    const last = curve.at(-1);
    t.diagnostic(JSON.stringify(last));
  }
  const [first, last] = [curve[0], curve.at(-1)];
  assert.ok(first && last && last.rss - first.rss < MAX_GROWTH_MB, 'memory grows with the cluster');
});
