import { type KubeObject, type WorkResult } from '@ostiary/kube';
import { issueLeaf, type KeyPair } from '../certificates/key-pair.ts';
import { faultOfLeaf } from '../certificates/leaf.ts';
import { POLICY_SERVERS, CONFIG_MAPS, SCALERS, SECRETS } from '../cluster/kinds.ts';
import { modulesOf, OWNED, policiesOf, type OwnedPlural } from '../cluster/caches.ts';
import type { PolicyServer } from '../cluster/objects.ts';
import { accessOf } from '../desired/access.ts';
import { autoscalerOf } from '../desired/autoscaler.ts';
import { budgetOf } from '../desired/budget.ts';
import { configMapOf, configurationOf, type Configuration } from '../desired/config-map.ts';
import { deliveryOf, type Delivery } from '../desired/delivery.ts';
import { deploymentOf } from '../desired/deployment.ts';
import { CERT_FORMAT, objectName } from '../desired/names.ts';
import { leafObject } from '../desired/cert-manager.ts';
import { networkPolicyOf } from '../desired/network-policy.ts';
import { ownedBy, type Desired } from '../desired/owned.ts';
import { requestCertificate } from './cert-manager.ts';
import { CERT_FORMAT_VERSION, certificateSecretOf, fromBase64 } from '../desired/secret.ts';
import { serviceOf } from '../desired/service.ts';
import { contentsOf, revisionOf } from '../observe/history.ts';
import { messageOf } from '../process/log.ts';
import { policyServerStatusFor, type Step } from '../status/policy-server.ts';
import { writeStatus } from '../status/write.ts';
import { configMapNamed, secretNamed, type Context } from './context.ts';
import { entriesFor } from './entries.ts';
import { addFinalizer } from './finalizer.ts';
import { noteDelivery, waitOf } from './pace.ts';
import { reconcileDeletion } from './policy-server-deletion.ts';
import { recordRevision } from './revisions.ts';
import { dropSnapshots, keepSnapshot } from './snapshots.ts';

/** Makes everything that belongs to one PolicyServer (contract: controller §3). */
export async function reconcilePolicyServer(context: Context, name: string): Promise<WorkResult | void> {
  const server = context.caches.policyServers.get(undefined, name);
  if (server === undefined) {
    context.history.forget(name);
    context.lingering.delete(name);
    context.delivered.delete(name);
    return;
  }
  if (server.metadata.deletionTimestamp !== undefined) return reconcileDeletion(context, server);
  // The authority of a new cluster comes in a moment, and wakes everybody.
  if (context.options.certificates === 'own' && context.trust() === undefined) return;
  const waitMs = waitOf(context, server);
  if (waitMs > 0) return { requeueAfterMs: waitMs };
  await addFinalizer(context.client, POLICY_SERVERS, server);
  const { steps, revision, requeueAfterMs } = await build(context, server);
  const policies = policiesOf(context.caches, name);
  const status = policyServerStatusFor(server, { steps, revision, policies }, context.clock.date());
  tell(context, server, steps);
  await writeStatus(context.client, POLICY_SERVERS, server, status);
  const failed = steps.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(`${failed.type}: ${failed.error}`);
  return { requeueAfterMs };
}

interface Built {
  readonly steps: readonly Step[];
  readonly revision: string | undefined;
  readonly requeueAfterMs: number | undefined;
}

/** Every part that can be made is made, whatever becomes of the others: a bad budget holds no policy back. */
async function build(context: Context, server: PolicyServer): Promise<Built> {
  const { options } = context;
  const delivery = deliveryOf(server, options.imageKind);
  const { entries, requeueAfterMs } = entriesFor(context, server);
  const modules = modulesOf(context.caches, server.metadata.name);
  const configuration = configurationOf(server, entries, modules);
  const contents = contentsOf(entries, modules);
  const revised = revisionOf(contents);
  const steps: Step[] = [];
  const step = async (type: string, make: () => Promise<unknown>): Promise<void> => {
    steps.push({ type, error: await make().then(() => undefined, messageOf) });
  };
  let version: string | undefined;
  await step('CARootSecretReconciled', async () => requireTrust(context));
  await step('CertSecretReconciled', async () => ensureCertificate(context, server));
  await step('ConfigMapReconciled', async () => {
    const { metadata } = await ensureConfigMap(context, server, configuration, delivery);
    if (delivery === 'hot') await dropSnapshots(context, server);
    else await keepSnapshot(context, server, configuration, metadata.resourceVersion ?? '');
    version = metadata.resourceVersion;
    if (delivery === 'hot') noteDelivery(context, server, configuration.revision);
    const names = [configuration.revision, ...(version === undefined ? [] : [version])];
    context.history.record(server.metadata.name, names, revised);
    await recordRevision(context, server, configuration.revision, contents);
  });
  // Its policies wait for this, and have to be told even if it went wrong.
  if (version === undefined) context.history.record(server.metadata.name, [], revised);
  if (delivery === 'hot') await step('AccessReconciled', async () => ensureAccess(context, server));
  await step('PodDisruptionBudgetReconciled', async () =>
    ensureOptional(context, server, 'poddisruptionbudgets', budgetOf(server, options.namespace)),
  );
  // Only where they are asked for, or were: conditions are those of the original otherwise.
  const network = networkPolicyOf(server, options.namespace, options);
  if (network !== undefined || ownedBefore(context, server, 'networkpolicies') !== undefined) {
    await step('NetworkPolicyReconciled', async () => ensureOptional(context, server, 'networkpolicies', network));
  }
  const scaler = autoscalerOf(server, options.namespace);
  if (scaler !== undefined || scalerBefore(context, server) !== undefined) {
    await step('AutoscalerReconciled', async () => ensureScaler(context, server, scaler));
  }
  await step('DeploymentReconciled', async () =>
    ensureDeployment(context, server, delivery, { version, revision: configuration.revision }),
  );
  await step('ServiceReconciled', async () =>
    ensureOwned(context, 'services', serviceOf(server, options.namespace, options)),
  );
  return { steps, revision: version === undefined ? undefined : configuration.revision, requeueAfterMs };
}

async function requireTrust(context: Context): Promise<void> {
  if (context.trust() === undefined) throw new Error('there is no certificate authority yet');
}

async function ensureCertificate(context: Context, server: PolicyServer): Promise<void> {
  const { options, applier, clock } = context;
  const name = objectName(server.metadata.name);
  const live = secretNamed(context, name);
  const purpose = { kind: 'server', dnsName: `${name}.${options.namespace}.svc` } as const;
  if (options.certificates === 'cert-manager') {
    const desired = leafObject(options.namespace, name, { dnsName: purpose.dnsName });
    const metadata = { ...desired.metadata, ownerReferences: ownedBy(server) };
    await requestCertificate(context, { ...desired, metadata });
  }
  if (options.certificates !== 'own') {
    if (live?.data?.['tls.crt'] === undefined) throw new Error(`the Secret ${name} has no certificate yet`);
    return;
  }
  const trust = context.trust();
  if (trust?.authority === undefined) throw new Error('there is no certificate authority yet');
  const present: KeyPair = {
    certificatePem: fromBase64(live?.data?.['tls.crt']) ?? '',
    privateKeyPem: fromBase64(live?.data?.['tls.key']) ?? '',
  };
  const isRightFormat = live?.metadata.annotations?.[CERT_FORMAT] === CERT_FORMAT_VERSION;
  const fault = isRightFormat ? faultOfLeaf(present, purpose, trust, clock.date()) : 'made by another version';
  const pair = fault === undefined ? present : issueLeaf(trust.authority, purpose, clock.date());
  if (fault !== undefined) context.log('info', 'certificate issued', { secret: name, because: fault });
  await applier.ensure(SECRETS, certificateSecretOf(server, options.namespace, pair), live);
}

async function ensureConfigMap(
  context: Context,
  server: PolicyServer,
  configuration: Configuration,
  delivery: Delivery,
): Promise<KubeObject> {
  const live = configMapNamed(context, objectName(server.metadata.name));
  const desired = configMapOf(server, context.options.namespace, configuration, delivery);
  return context.applier.ensure(CONFIG_MAPS, desired, live);
}

async function ensureOwned(context: Context, plural: OwnedPlural, desired: Desired): Promise<KubeObject> {
  const { namespace, name } = desired.metadata;
  return context.applier.ensure(OWNED[plural], desired, context.caches.owned[plural].get(namespace, name));
}

async function ensureAccess(context: Context, server: PolicyServer): Promise<void> {
  const { account, role, binding } = accessOf(server, context.options.namespace);
  if (account !== undefined) await ensureOwned(context, 'serviceaccounts', account);
  await ensureOwned(context, 'roles', role);
  await ensureOwned(context, 'rolebindings', binding);
}

/** What a PolicyServer does not want any more goes; the next status says nothing of it. */
async function ensureOptional(
  context: Context,
  server: PolicyServer,
  plural: OwnedPlural,
  desired: Desired | undefined,
): Promise<void> {
  const live = ownedBefore(context, server, plural);
  if (desired === undefined) await context.applier.drop(OWNED[plural], live);
  else await context.applier.ensure(OWNED[plural], desired, live);
}

async function ensureScaler(context: Context, server: PolicyServer, desired: Desired | undefined): Promise<void> {
  const live = scalerBefore(context, server);
  if (desired === undefined) await context.applier.drop(SCALERS, live);
  else await context.applier.ensure(SCALERS, desired, live);
}

function ownedBefore(
  { caches, options }: Context,
  { metadata }: PolicyServer,
  plural: OwnedPlural,
): KubeObject | undefined {
  return caches.owned[plural].get(options.namespace, objectName(metadata.name));
}

/** The autoscaler that we made. One that somebody else made counts, but is never touched. */
function scalerBefore({ caches, options }: Context, { metadata }: PolicyServer): KubeObject | undefined {
  const live = caches.scalers.get(options.namespace, objectName(metadata.name));
  return live?.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true ? live : undefined;
}

async function ensureDeployment(
  context: Context,
  server: PolicyServer,
  delivery: Delivery,
  { version: configVersion, revision }: { readonly version: string | undefined; readonly revision: string },
): Promise<void> {
  const { options, caches } = context;
  const name = objectName(server.metadata.name);
  if (configVersion === undefined) throw new Error(`the ConfigMap ${name} could not be written`);
  const ca = options.clientCaConfigMap;
  if (ca !== undefined && configMapNamed(context, ca) === undefined) throw new Error(`there is no ConfigMap ${ca}`);
  const live = caches.owned.deployments.get(options.namespace, name);
  const isScaled =
    server.spec.autoscaling !== undefined || caches.scalers.list().some((scaler) => scales(scaler, name));
  const scaledTo = isScaled ? replicasOf(live) : undefined;
  const desired = deploymentOf({ server, options, delivery, configVersion, revision, scaledTo });
  await ensureOwned(context, 'deployments', desired);
}

/** Whether an autoscaler decides how many pods this Deployment has. */
function scales(scaler: KubeObject & { readonly spec?: unknown }, deployment: string): boolean {
  const { scaleTargetRef } = (scaler.spec ?? {}) as { scaleTargetRef?: { kind?: string; name?: string } };
  return scaleTargetRef?.kind === 'Deployment' && scaleTargetRef.name === deployment;
}

function replicasOf(deployment: (KubeObject & { readonly spec?: unknown }) | undefined): number | undefined {
  return (deployment?.spec as { replicas?: number } | undefined)?.replicas;
}

function tell({ events }: Context, server: PolicyServer, steps: readonly Step[]): void {
  for (const { type, error } of steps) {
    const before = server.status?.conditions?.find((condition) => condition.type === type);
    if (error === undefined || (before?.status === 'False' && before.message === error)) continue;
    events.record(server, {
      type: 'Warning',
      reason: 'ReconciliationFailed',
      action: 'Reconcile',
      note: `${type}: ${error}`,
    });
  }
}
