import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunDocument } from '@ostiary/audit';
import { policyId } from '@ostiary/controller';
import { ROOT } from '../ostiary.ts';
import { startPolicyServer, type PolicyServer } from '../policies/server.ts';
import { generateConfigMaps } from './generator.ts';
import { runScanner } from './scanner.ts';
import { startStand, type Stand } from './stand.ts';
import { usageOf } from './usage.ts';

/** Larger by the environment: OSTIARY_AUDIT_OBJECTS=2000,10000,30000 OSTIARY_AUDIT_POLICIES=20. */
const SIZES = (process.env['OSTIARY_AUDIT_OBJECTS'] ?? '150,300,600').split(',').map(Number);
const POLICIES = Number(process.env['OSTIARY_AUDIT_POLICIES'] ?? 4);

/**
 * `OSTIARY_AUDIT_REPORTS=no` leaves reports out. The API server holds every report in memory, 20 results in 200 kB, so
 * that the reports of 100,000 objects need a machine with 32 GB.
 */
const PASSES =
  process.env['OSTIARY_AUDIT_REPORTS'] === 'no' ? (['unwritten'] as const) : (['first', 'unchanged'] as const);

/** What a scan may need beside what the smallest one needs: a line for each report, and garbage. */
const MAX_GROWTH_MB = 200;

let stand: Stand;
let server: PolicyServer;
let caFile: string;

/** Each point has objects of its own, which nobody has looked at before. */
const namespaceOf = (objects: number): string => `scale-${objects}`;
const nameOf = (at: number): string => `scale-${at}`;
const module = `file://${join(ROOT, 'examples/safe-annotations/build/safe-annotations.wasm')}`;
/** Half of the policies reject the tenth of the objects that has no owner; no two have the same settings. */
const settingsOf = (at: number): object =>
  at % 2 === 0 ? { mandatory_annotations: ['owner'] } : { denied_annotations: [`forbidden-${at}`] };

before(async () => {
  stand = await startStand();
  const policies = Array.from({ length: POLICIES }, (_, at) => [
    policyId('ClusterAdmissionPolicy', '', nameOf(at)),
    { module, policyMode: 'protect', allowedToMutate: false, settings: settingsOf(at) },
  ]);
  server = await startPolicyServer({ dir: stand.dir, form: 'flags', policies: Object.fromEntries(policies) as object });
  caFile = join(stand.dir, 'policies-ca.pem');
  await writeFile(caFile, server.caPem);
  for (let at = 0; at < POLICIES; at += 1) await stand.policy(nameOf(at), { module, settings: settingsOf(at) });
});

after(async () => {
  await server.stop();
  await stand.stop();
});

interface Point {
  readonly objects: number;
  readonly policies: number;
  readonly pass: (typeof PASSES)[number];
  readonly seconds: number;
  readonly objectsPerSecond: number;
  readonly evaluationsPerSecond: number;
  readonly peakMb: number;
  /** What each of the processes had of the processors, in seconds. */
  readonly cpu: Readonly<Record<string, number>>;
}

async function scan(objects: number, pass: Point['pass']): Promise<Point> {
  const output = join(stand.dir, 'run.json');
  const namespace = namespaceOf(objects);
  const serverPid = Number(await readFile(join(stand.dir, 'policies.pid'), 'utf8'));
  const others = [...stand.cluster.daemons(), { name: 'policy-server', pid: serverPid }];
  const before = others.map(({ pid }) => usageOf(pid)?.cpuSeconds ?? 0);
  const where = ['-n', namespace, '-u', server.url, '-f', caFile, '--kubeconfig', stand.cluster.adminKubeconfig];
  const store = pass === 'unwritten' ? ['--disable-store'] : [];
  const results = ['--output', `json=${output}`, '--loglevel', 'warning', ...store];
  const { code, stdout, stderr, seconds, usage } = await runScanner([...where, ...results]);
  assert.equal(code, 0, stdout + stderr);
  const used = others.map(({ name, pid }, at) => [name, round((usageOf(pid)?.cpuSeconds ?? 0) - (before[at] ?? 0))]);
  const { totals } = JSON.parse(await readFile(output, 'utf8')) as RunDocument;
  const rejected = Math.ceil(objects / 10) * Math.ceil(POLICIES / 2);
  const summary = { pass: objects * POLICIES - rejected, fail: rejected, warn: 0, error: 0, skip: 0 };
  assert.deepEqual(totals, { objects, summary });
  return {
    objects,
    policies: POLICIES,
    pass,
    seconds: round(seconds),
    objectsPerSecond: Math.round(objects / seconds),
    evaluationsPerSecond: Math.round((objects * POLICIES) / seconds),
    peakMb: usage.peakMb,
    cpu: { scanner: round(usage.cpuSeconds), ...(Object.fromEntries(used) as Record<string, number>) },
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

test('time grows with evaluations, memory hardly does', { timeout: 3_600_000 }, async (t) => {
  const curve: Point[] = [];
  for (const size of SIZES) {
    const namespace = namespaceOf(size);
    await stand.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const startedAt = performance.now();
    await generateConfigMaps(stand.cluster.adminKubeconfig, namespace, size);
    t.diagnostic(`${size} objects created in ${round((performance.now() - startedAt) / 1000)} s`);
    for (const pass of PASSES) {
      const point = await scan(size, pass);
      curve.push(point);
      t.diagnostic(JSON.stringify(point));
    }
  }
  const [first, last] = [curve[0], curve.at(-1)];
  assert.ok(first && last && last.peakMb - first.peakMb < MAX_GROWTH_MB, 'memory grows with the cluster');
});
