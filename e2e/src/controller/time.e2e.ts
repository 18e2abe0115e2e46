import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { create, patch, resource } from '@ostiary/kube';
import { createAuthority, issueCertificate, type KeyedCertificate } from '@ostiary/pki';
import { CAPS, createActs, policy, policyServer, type Acts } from './scene.ts';
import { NAMESPACE, startStack, type ControllerProcess, type Loose, type Stack } from './stack.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Time for a controller to start and to replace everything, and some to see that it goes on. */
const LIFE_MS = 30_000;

const SECRETS = resource('v1', 'Secret', 'secrets');
const CONFIGURATIONS = ['validating', 'mutating'] as const;
const LEASE_PATH = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/a4ddbf36.kubewarden.io`;

let stack: Stack;
let acts: Acts;
let controller: ControllerProcess;

before(async () => {
  stack = await startStack();
  acts = createActs(stack);
  controller = await stack.startController();
  await stack.kubectl(['apply', '-f', '-'], policyServer());
  await acts.write('always', () => create(stack.client, CAPS, policy('always', 'always-bad')));
  await acts.write('a', () => create(stack.client, CAPS, policy('a', 'a1')));
  await acts.isEnforced('always', 'always-bad');
});

after(async () => {
  await stack?.stop();
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** As the controller writes keys. */
function sec1({ privateKeyPem }: KeyedCertificate): string {
  return createPrivateKey(privateKeyPem).export({ type: 'sec1', format: 'pem' });
}

async function secret(name: string): Promise<Loose> {
  return stack.find(`/api/v1/namespaces/${NAMESPACE}/secrets/${name}`);
}

async function certificateOf(name: string, key: string): Promise<X509Certificate> {
  return new X509Certificate(Buffer.from((await secret(name)).data[key], 'base64'));
}

const writeSecret = (name: string, data: Readonly<Record<string, string | null>>): Promise<unknown> =>
  patch(stack.client, SECRETS, { namespace: NAMESPACE, name }, { data });

/** Puts everything where it is shortly before the end of an authority: leaves end with it, and everybody trusts it. */
async function nearTheEnd(): Promise<void> {
  const validity = { validForDays: LIFE_MS / DAY_MS, now: new Date() };
  const authority = createAuthority({ commonName: 'kubewarden-controller-ca', ...validity });
  const caBundle = base64(authority.certificatePem);
  const old = (await secret('kubewarden-ca')).data['ca.crt'];
  const trust = async (bundle: string): Promise<void> => {
    for (const phase of CONFIGURATIONS) {
      const path = `/apis/admissionregistration.k8s.io/v1/${phase}webhookconfigurations`;
      const { items } = await stack.find(path);
      for (const { metadata, webhooks } of items) {
        const operations = webhooks.map((_: Loose, at: number) => {
          return { op: 'replace', path: `/webhooks/${at}/clientConfig/caBundle`, value: bundle };
        });
        const kind = `${phase}webhookconfiguration`;
        await stack.kubectl(['patch', kind, metadata.name, '--type=json', '-p', JSON.stringify(operations)]);
      }
    }
  };
  await trust(base64(Buffer.from(old, 'base64').toString() + authority.certificatePem));
  for (const [name, service] of [
    ['policy-server-default', 'policy-server-default'],
    ['kubewarden-webhook-server-cert', 'kubewarden-controller-webhook-service'],
  ] as const) {
    const dnsName = `${service}.${NAMESPACE}.svc`;
    const usages = ['server', 'client'] as const;
    const leaf = issueCertificate(authority, { commonName: dnsName, dnsNames: [dnsName], usages, ...validity });
    await writeSecret(name, { 'tls.crt': base64(leaf.certificatePem), 'tls.key': base64(sec1(leaf)) });
  }
  await writeSecret('kubewarden-ca', { 'ca.crt': caBundle, 'ca.key': base64(sec1(authority)), 'old-ca.crt': null });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

test('an authority and its leaves end while requests go on', async (t) => {
  await controller.daemon.stop('SIGTERM');
  await acts.underTraffic(t, async () => {
    await nearTheEnd();
    const last = await certificateOf('kubewarden-ca', 'ca.crt');
    controller = await stack.startController();
    await stack.eventually('another authority', async () => {
      const { validToDate } = await certificateOf('kubewarden-ca', 'ca.crt');
      return validToDate > last.validToDate;
    });
    await acts.settle('a', 'a2');
    await acts.isEnforced('a', 'a2');
    assert.ok(last.validToDate > new Date(), 'the old one was still good');
    await sleep(last.validToDate.getTime() - Date.now() + 3000);
    await acts.settle('a', 'a3');
    await acts.isEnforced('a', 'a3');
  });
});

test('controllers whose clocks are off by months take the lease in turn, and break nothing', async (t) => {
  await acts.underTraffic(t, async () => {
    const shifts = [330 * DAY_MS, -40 * DAY_MS, 0];
    for (const [at, clockShiftMs] of shifts.entries()) {
      const { spec } = await stack.find(LEASE_PATH);
      const next = await stack.startController([], { clockShiftMs });
      await sleep(2500);
      assert.equal((await stack.find(LEASE_PATH)).spec.leaseTransitions, spec.leaseTransitions, 'one leads already');
      await controller.daemon.stop('SIGTERM');
      controller = next;
      await acts.settle('a', `shifted${at}`);
      await acts.isEnforced('a', `shifted${at}`);
      assert.equal((await stack.find(LEASE_PATH)).spec.leaseTransitions, spec.leaseTransitions + 1);
    }
  });
  const leaf = await certificateOf('policy-server-default', 'tls.crt');
  assert.ok(leaf.validFromDate < new Date() && leaf.validToDate > new Date());
});
