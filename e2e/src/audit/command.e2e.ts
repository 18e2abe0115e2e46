import assert from 'node:assert/strict';
import { access, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, suite, test } from 'node:test';
import type { RunDocument } from '@ostiary/audit';
import { create, get, isKubeError, LEASES, type KubeObject, type Lease } from '@ostiary/kube';
import { createAuthority, issueCertificate, type Authority } from '@ostiary/pki';
import { freePorts } from '../ports.ts';
import { runScanner, startScanner, type Scanner } from './scanner.ts';
import { all, CONFIG_MAPS, POLICY_REPORT, startRecorder, startStand, type Recorder, type Stand } from './stand.ts';

const NAMESPACE = 'team';
const OBJECTS = 60;
const validity = (): { readonly validForDays: number; readonly now: Date } => ({ validForDays: 2, now: new Date() });

/** Longer than connections live; certificates are looked at when new ones are made. */
const ROTATED_WITHIN_MS = 50_000;

/** A lease lasts 15 seconds, and candidates look at it every two or three. */
const TAKEN_OVER_WITHIN_MS = 40_000;

suite('the audit command', () => {
  let stand: Stand;
  let authority: Authority;
  let recorder: Recorder;
  let files: Readonly<Record<'ca' | 'cert' | 'key', string>>;

  before(async () => {
    stand = await startStand();
    authority = createAuthority({ commonName: 'scanners', ...validity() });
    recorder = await startRecorder([authority.certificatePem]);
    files = { ca: join(stand.dir, 'ca.pem'), cert: join(stand.dir, 'tls.crt'), key: join(stand.dir, 'tls.key') };
    await writeFile(files.ca, recorder.caPem);
    await issue('first');
    for (const name of [NAMESPACE, 'kubewarden'])
      await stand.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    for (let at = 0; at < OBJECTS; at += 1) await create(stand.client, CONFIG_MAPS, configMap(`object-${at}`));
    await stand.policy('asked');
  });

  after(async () => {
    await recorder.vanish();
    await stand.stop();
  });

  async function issue(commonName: string): Promise<void> {
    const pair = issueCertificate(authority, { commonName, usages: ['client'], ...validity() });
    for (const [file, text] of [
      [files.cert, pair.certificatePem],
      [files.key, pair.privateKeyPem],
    ] as const) {
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
    }
  }

  const anonymous = (): readonly string[] => [
    '-n',
    NAMESPACE,
    '-u',
    recorder.url,
    '-f',
    files.ca,
    '--kubeconfig',
    stand.cluster.adminKubeconfig,
  ];
  const known = (): readonly string[] => [...anonymous(), '--client-cert', files.cert, '--client-key', files.key];
  const touch = (name: string, text: string): Promise<void> => stand.apply({ ...configMap(name), data: { text } });
  const reportOf = async (name: string): Promise<KubeObject | undefined> =>
    (await all(stand.client, POLICY_REPORT, NAMESPACE)).find(
      (one) => (one as KubeObject & { readonly scope: { readonly name: string } }).scope.name === name,
    );

  test('without its certificate a policy server does not talk to it', async () => {
    recorder.asked.length = 0;
    const output = join(stand.dir, 'anonymous.json');
    await runScanner([...anonymous(), '--patience', '0', '--disable-store', '--output', `json=${output}`]);
    assert.equal(recorder.asked.length, 0);
    const { totals, findings } = JSON.parse(await readFile(output, 'utf8')) as RunDocument;
    assert.deepEqual([totals.summary.pass, totals.summary.error], [0, OBJECTS]);
    assert.match(findings[0]?.message ?? '', /^the policy server can't be reached: /);
  });

  test('its certificate may be replaced while it runs, and it says how it is', async () => {
    const [port = 0] = await freePorts(1);
    recorder.asked.length = 0;
    const scanner = startScanner([...known(), '--continuous', '--metrics-address', `127.0.0.1:${port}`]);
    try {
      await eventually(async () => recorder.asked.length >= OBJECTS, 'the first pass');
      assert.deepEqual([...new Set(recorder.asked.map(({ client }) => client))], ['first']);
      await issue('second');
      for (let waited = 0; recorder.asked.at(-1)?.client !== 'second'; waited += 1000) {
        assert.ok(waited < ROTATED_WITHIN_MS, 'the new certificate is not shown');
        await touch('object-0', String(waited));
        await sleep(1000);
      }
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      assert.match(metrics, /^ostiary_audit_passes_total 1$/m);
      assert.match(metrics, /^ostiary_audit_results\{policy="[^"]*asked",outcome="pass"\} 60$/m);
      assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
    } finally {
      scanner.kill('SIGTERM');
      await scanner.ended;
    }
  });

  test('an outage in the middle of a run costs nothing but time', async () => {
    recorder.asked.length = 0;
    let isOut = false;
    recorder.answer = async () => {
      if (recorder.asked.length === 20 && !isOut) {
        isOut = true;
        await recorder.vanish();
        void sleep(3000).then(recorder.listen);
      }
      return { allowed: true };
    };
    const { code, stdout } = await runScanner([...known(), '--parallel-resources', '4']);
    assert.deepEqual([code, isOut], [0, true], stdout);
    assert.match(stdout, /policy server is gone; waiting for it/);
    assert.match(stdout, /"pass":60,"fail":0,"warn":0,"error":0,.*"audit ends"/);
    recorder.answer = async () => ({ allowed: true });
  });

  for (const place of ['a file', 'a ConfigMap'] as const) {
    test(`a process that is killed is gone on with by another, with ${place} for a checkpoint`, async () => {
      recorder.asked.length = 0;
      recorder.answer = async () => {
        await sleep(200);
        return { allowed: true };
      };
      const file = join(stand.dir, 'checkpoint.json');
      const checkpoint = place === 'a file' ? file : 'configmap/audit-checkpoint';
      const isNoted = (): Promise<boolean> =>
        place === 'a file'
          ? access(file).then(...truth)
          : get(stand.client, CONFIG_MAPS, { namespace: 'kubewarden', name: 'audit-checkpoint' }).then(...truth);
      const output = join(stand.dir, 'run.json');
      const args = [...known(), '--checkpoint', checkpoint, '--parallel-resources', '1', '--output', `json=${output}`];
      const first = startScanner(args);
      // The first note is written after five seconds.
      await eventually(isNoted, 'a checkpoint');
      first.kill('SIGKILL');
      assert.equal((await first.ended).code, null);
      const before = recorder.asked.length;
      const total = (await all(stand.client, CONFIG_MAPS, NAMESPACE)).length;
      assert.ok(before < total, `${before} of ${total} before it was killed`);
      recorder.answer = async () => ({ allowed: true });
      const { code, stderr } = await runScanner(args);
      assert.equal(code, 0, stderr);
      const document = JSON.parse(await readFile(output, 'utf8')) as RunDocument;
      assert.deepEqual([document.run.resumed, document.totals.objects], [true, total]);
      assert.ok(recorder.asked.length - before < total, `${recorder.asked.length - before} more after ${before}`);
      assert.equal((await all(stand.client, POLICY_REPORT, NAMESPACE)).length, total);
      assert.equal(await isNoted(), false);
    });
  }

  test('of two replicas one audits, and the other when that one is gone', async () => {
    const ports = await freePorts(2);
    const args = [...known(), '--continuous', '--leader-elect'];
    const lead = (port: number): Scanner => startScanner([...args, '--metrics-address', `127.0.0.1:${port}`]);
    const replicas = ports.map(lead);
    const holder = async (): Promise<string> => {
      try {
        const name = `ostiary-audit.namespace.${NAMESPACE}`;
        return (await get<Lease>(stand.client, LEASES, { namespace: 'kubewarden', name })).spec?.holderIdentity ?? '';
      } catch (error) {
        if (isKubeError(error, 'not-found')) return '';
        throw error;
      }
    };
    const leads = async (port = 0): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/metrics`).then(
        async (answer) => /^ostiary_audit_leading 1$/m.test(await answer.text()),
        () => false,
      );
    try {
      await eventually(async () => (await leads(ports[0])) || (await leads(ports[1])), 'a leader');
      await sleep(5000);
      const states = await Promise.all(ports.map(leads));
      assert.equal(states.filter(Boolean).length, 1, 'one leads');
      const [leader, follower] = states[0] === true ? [0, 1] : [1, 0];
      const first = await holder();
      assert.ok(!replicas[follower]?.output().includes('audit begins'), 'the other asks nobody');
      await touch('object-1', 'of the first');
      replicas[leader]?.kill('SIGKILL');
      await eventually(() => leads(ports[follower]), 'the other leads', TAKEN_OVER_WITHIN_MS);
      assert.notEqual(await holder(), first);
      // What changed while nobody looked is seen, and nothing else is asked again.
      recorder.asked.length = 0;
      await touch('object-2', 'of the second');
      const { resourceVersion } = (await get(stand.client, CONFIG_MAPS, { namespace: NAMESPACE, name: 'object-2' }))
        .metadata;
      await eventually(async () => {
        const own = (await reportOf('object-2')) as KubeObject & { readonly scope: Readonly<Record<string, string>> };
        return own.scope['resourceVersion'] === resourceVersion;
      }, 'the report of the second');
      assert.ok(recorder.asked.length < 10, `${recorder.asked.length} were asked again`);
      replicas[follower]?.kill('SIGTERM');
      await replicas[follower]?.ended;
      assert.equal(await holder(), '', 'the lease is given back');
    } finally {
      for (const replica of replicas) replica.kill('SIGKILL');
      await Promise.all(replicas.map(({ ended }) => ended));
    }
  });
});

const truth = [(): boolean => true, (): boolean => false] as const;

function configMap(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: NAMESPACE, name } };
}

async function eventually(condition: () => Promise<boolean>, what: string, withinMs = 40_000): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 100) {
    assert.ok(waited < withinMs, `${what} did not come`);
    await sleep(100);
  }
}
