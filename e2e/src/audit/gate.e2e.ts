import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { runAudit, type ObjectReport } from '@ostiary/audit';
import { policyId } from '@ostiary/controller';
import { create, isKubeError, patch, remove, resource, type KubeObject } from '@ostiary/kube';
import { ROOT } from '../ostiary.ts';
import { writeModules } from '../policies/modules.ts';
import { startPolicyServer, type PolicyServer } from '../policies/server.ts';
import { sample, SAMPLE_NAMESPACES, type Sample } from './objects.ts';
import { gateSpec, resourceSpec, targets, TARGETS, type GateSpec, type Target } from './specs.ts';
import { CONFIG_MAPS, startStand, type Stand } from './stand.ts';

/** Policies that are tried, each with all objects. */
const RUNS = Number(process.env['OSTIARY_AUDIT_RUNS'] ?? 14);
const SAMPLES = 24;
/** The same objects every time; what is tried with them is not. */
const SEED = 20_261_121;
const IN_FORCE_MS = 20_000;

const MODULE = `file://${join(ROOT, 'examples/safe-annotations/build/safe-annotations.wasm')}`;
const KINDS = {
  ClusterAdmissionPolicy: resource('policies.kubewarden.io/v1', 'ClusterAdmissionPolicy', 'clusteradmissionpolicies', {
    namespaced: false,
  }),
  AdmissionPolicy: resource('policies.kubewarden.io/v1', 'AdmissionPolicy', 'admissionpolicies'),
};
const HOOKS = resource(
  'admissionregistration.k8s.io/v1',
  'ValidatingWebhookConfiguration',
  'validatingwebhookconfigurations',
  { namespaced: false },
);

let stand: Stand;
let server: PolicyServer;
let caFile: string;
let user: { readonly username: string; readonly groups: readonly string[] };
const objects: { readonly sample: Sample; readonly uid: string; readonly name: string }[] = [];

before(async () => {
  stand = await startStand();
  const at = await writeModules(stand.dir);
  const policies = targets(MODULE, at);
  const named = Object.entries(policies).flatMap(([name, policy]) => [
    [policyId('ClusterAdmissionPolicy', '', name), policy],
    [policyId('AdmissionPolicy', 'prod', name), policy],
  ]);
  server = await startPolicyServer({ dir: stand.dir, form: 'flags', policies: Object.fromEntries(named) as object });
  caFile = join(stand.dir, 'policies-ca.pem');
  await writeFile(caFile, server.caPem);
  for (const [name, labels] of Object.entries(SAMPLE_NAMESPACES))
    await stand.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  for (const [number, one] of fc.sample(sample, { numRuns: SAMPLES, seed: SEED }).entries()) {
    const name = `sample-${number}`;
    const { metadata } = await create(stand.client, one.resource, one.body(name));
    objects.push({ sample: one, uid: metadata.uid ?? '', name });
  }
  const { stdout } = await stand.cluster.kubectl(['auth', 'whoami', '-o', 'json']);
  user = (JSON.parse(stdout) as { readonly status: { readonly userInfo: typeof user } }).status.userInfo;
});

after(async () => {
  await server.stop();
  await stand.stop();
});

/** What the audit says of each of our objects; absent where the policy is not asked. */
type Findings = ReadonlyMap<string, ObjectReport['findings'][number]>;

async function audit(spec: GateSpec): Promise<Findings> {
  const { kind, target } = spec;
  const place = kind === 'AdmissionPolicy' ? { namespace: 'prod' } : {};
  const metadata = { name: target, ...place };
  const object = { apiVersion: 'policies.kubewarden.io/v1', kind, metadata, spec: resourceSpec(spec, MODULE) };
  await create(stand.client, KINDS[kind], object as KubeObject);
  const status = { status: { policyStatus: 'active' } };
  await patch(stand.client, KINDS[kind], metadata, status, { subresource: 'status' });
  try {
    const findings = new Map<string, ObjectReport['findings'][number]>();
    const { store: _store, ...given } = await stand.options(server.url, caFile);
    const onReport = ({ object: { metadata: own }, findings: [first] }: ObjectReport): void => {
      if (first !== undefined) findings.set(own.uid ?? '', first);
    };
    const { document } = await runAudit({ ...given, user, onReport });
    assert.deepEqual(document.problems, []);
    return findings;
  } finally {
    await remove(stand.client, KINDS[kind], metadata);
  }
}

/** The webhook that the controller makes of such a policy (contract: controller §5.4), and one that tells when it is there. */
function configuration(spec: GateSpec, target: Target): KubeObject {
  const { kind, rules, allowInside, namespaceSelector, objectSelector, matchConditions, failurePolicy, matchPolicy } =
    spec;
  const isNamespaced = kind === 'AdmissionPolicy';
  const clientConfig = (id: string): object => ({
    url: `${server.url}/validate/${id}`,
    caBundle: Buffer.from(server.caPem).toString('base64'),
  });
  const common = { admissionReviewVersions: ['v1'], sideEffects: 'None', timeoutSeconds: 10 };
  const outside = { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kubewarden'] };
  const selected = allowInside
    ? namespaceSelector
    : { ...namespaceSelector, matchExpressions: [outside, ...(namespaceSelector?.matchExpressions ?? [])] };
  const audited = {
    ...common,
    name: 'audited.ostiary.test',
    clientConfig: clientConfig(policyId(kind, isNamespaced ? 'prod' : '', target)),
    rules: rules.map((rule) => (isNamespaced ? { ...rule, scope: 'Namespaced' } : rule)),
    namespaceSelector: isNamespaced ? { matchLabels: { 'kubernetes.io/metadata.name': 'prod' } } : selected,
    objectSelector,
    matchConditions,
    failurePolicy,
    matchPolicy,
  };
  const canary = {
    ...common,
    name: 'canary.ostiary.test',
    clientConfig: clientConfig(policyId('ClusterAdmissionPolicy', '', 'denies')),
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
    objectSelector: { matchLabels: { canary: 'yes' } },
  };
  const metadata = { name: 'audited' };
  const { group, version } = HOOKS;
  return { apiVersion: `${group}/${version}`, kind: HOOKS.kind, metadata, webhooks: [canary, audited] } as KubeObject;
}

/** What admission says of each of our objects, as if it came again; absent where it has nothing against it. */
async function gate(spec: GateSpec, target: Target): Promise<ReadonlyMap<string, string>> {
  await create(stand.client, HOOKS, configuration(spec, target));
  try {
    await canaryIs(true);
    const refusals = new Map<string, string>();
    for (const { sample: one, uid, name } of objects) {
      const refusal = await refusalOf(one.resource, one.body(`${name}-again`));
      if (refusal !== undefined) refusals.set(uid, refusal);
    }
    return refusals;
  } finally {
    await remove(stand.client, HOOKS, { name: 'audited' });
    await canaryIs(false);
  }
}

async function canaryIs(refused: boolean): Promise<void> {
  const metadata = { name: 'canary', namespace: 'default', labels: { canary: 'yes' } };
  for (let waited = 0; ; waited += 20) {
    const refusal = await refusalOf(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata });
    if ((refusal !== undefined) === refused) return;
    assert.ok(waited < IN_FORCE_MS, 'the webhooks are not in force');
    await sleep(20);
  }
}

async function refusalOf(kind: Sample['resource'], object: KubeObject): Promise<string | undefined> {
  try {
    await create(stand.client, kind, object, { dryRun: true });
    return undefined;
  } catch (error) {
    assert.ok(isKubeError(error), String(error));
    return error.message;
  }
}

/** The same policy where it protects: an audit says what a policy says, also of one that only watches. */
function protecting(target: Target): Target {
  return target === 'watched' ? 'owned' : target;
}

/**
 * With a module that refuses everything admission shows of what it asks at all; with the policy's own what it makes of
 * the answer. Two are apart: mutating policies answer with patches, which their kind of webhook alone may, so of them the
 * former counts, and that they refuse nothing; and that a policy may not mutate is admission's own objection, which
 * audits don't make (contract: policy-server §5.1).
 */
async function compare(spec: GateSpec, findings: Findings, count: (outcome: string) => void): Promise<void> {
  const { target } = spec;
  const asked = await gate(spec, 'denies');
  const refusals = target === 'mutates' ? undefined : withoutOwn(await gate(spec, protecting(target)));
  for (const { uid, sample: one, name } of objects) {
    const finding = findings.get(uid);
    const [isAsked, refusal] = [asked.get(uid), refusals?.get(uid)];
    const told = [JSON.stringify(one.body(name)), isAsked, refusal, finding?.outcome, finding?.message].join('\n');
    count(finding?.outcome ?? 'none');
    assert.equal(finding !== undefined, isAsked !== undefined, told);
    if (refusals === undefined) assert.ok(finding?.outcome !== 'fail', told);
    else assert.equal(finding?.outcome === 'fail' || finding?.outcome === 'error', refusal !== undefined, told);
    if (finding?.outcome === 'fail') assert.ok(refusal?.includes(finding.message), told);
  }
  if (target === 'watched') assert.equal((await gate(spec, target)).size, countErrors(findings));
}

function withoutOwn(refusals: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...refusals].filter(([, text]) => !text.includes('configured to not allow mutations')));
}

/** Admission turns away what it could not find out, whatever the mode of the policy. */
function countErrors(findings: Findings): number {
  return [...findings.values()].filter(({ outcome }) => outcome === 'error').length;
}

test('an audit says of every object what admission says, whatever the policy', { timeout: 900_000 }, async (t) => {
  const seen: Record<string, number> = {};
  const count = (outcome: string): void => void (seen[outcome] = (seen[outcome] ?? 0) + 1);
  // Every target once with the widest of rules, so that each of its answers is met; then whatever comes.
  const wide = fc.sample(gateSpec, { numRuns: TARGETS.length, seed: SEED }).map((spec, at): [GateSpec] => [
    {
      ...spec,
      target: TARGETS[at] ?? 'denies',
      kind: 'ClusterAdmissionPolicy',
      rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE'], resources: ['*'] }],
      objectSelector: undefined,
      namespaceSelector: undefined,
      matchConditions: [],
    },
  ]);
  await fc.assert(
    fc.asyncProperty(gateSpec, async (spec) => compare(spec, await audit(spec), count)),
    { numRuns: RUNS, examples: wide, endOnFailure: true },
  );
  t.diagnostic(JSON.stringify({ policies: RUNS, objects: objects.length, ...seen }));
  for (const outcome of ['pass', 'fail', 'none']) assert.ok((seen[outcome] ?? 0) > 0, `there is no ${outcome}`);
});
