import { Command } from 'commander';
import {
  auditAsLeader,
  auditContinuously,
  chooseReportKind,
  configMapCheckpoints,
  createLog,
  createMetrics,
  createProgressLine,
  createReportStore,
  fileCheckpoints,
  removeAllReports,
  reportResource,
  reportResources,
  runAudit,
  serveMetrics,
  serviceAccountUser,
  type AuditLog,
  type AuditOptions,
  type AuditUser,
  type CheckpointStore,
  type ObjectReport,
  type ReportResources,
  type ReportStore,
} from '@ostiary/audit';
import { policyId } from '@ostiary/controller';
import { createDiscovery, createKubeClient, loadKubeConfig, type KubeClient } from '@ostiary/kube';
import type { CommandContext } from '../context.ts';
import { Exit, EXIT, UsageError } from '../exit.ts';
import { addAuditFlags, spellOut, type AuditFlags } from './audit-flags.ts';
import { isViolated, usesStdout, writeOutputs } from './audit-output.ts';
import type { LoadedCommand } from './table.ts';

/** `audit`: what is in the cluster, or in manifests, judged by policies. Contract: controller §8. */
export function auditCommand(context: CommandContext): LoadedCommand {
  const command = new Command('audit').description(
    'judge objects that exist by the policies of the cluster, or manifests by policies of a file; 0 clean, 1 failed, 2 wrong usage, 3 violations that --fail-on names',
  );
  addAuditFlags(command);
  command.action((flags: AuditFlags) => audit(flags, context));
  return { command, args: spellOut(context.args) };
}

async function audit(flags: AuditFlags, context: CommandContext): Promise<void> {
  const isOffline = flags.policies !== undefined || flags.manifests !== undefined;
  if (isOffline && (flags.policies === undefined || flags.manifests === undefined))
    throw new UsageError('--policies and --manifests belong together');
  if ((flags.clientCert === undefined) !== (flags.clientKey === undefined))
    throw new UsageError('--client-cert and --client-key belong together');
  if (isOffline) return (await import('./audit-manifests.ts')).auditFiles(flags, context);
  if (flags.leaderElect && !flags.continuous) throw new UsageError('--leader-elect belongs to --continuous');
  return auditCluster(flags, context);
}

async function auditCluster(flags: AuditFlags, context: CommandContext): Promise<void> {
  const { namespace, cluster, continuous, output, outputScan } = flags;
  if (namespace !== undefined && cluster) context.stderr.write('warning: --cluster wins over --namespace\n');
  // Results have standard output for themselves.
  const logTo = usesStdout(output) ? context.stderr : context.stdout;
  const log = createLog(flags.loglevel, (line) => logTo.write(line));
  const client = createKubeClient(
    await loadKubeConfig({ path: flags.kubeconfig, context: flags.context, env: context.env }),
  );
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Exit(EXIT.failed));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const progress = createProgressLine({
    write: (text) => context.stderr.write(text),
    isTTY: context.stderr.isTTY === true,
    columns: context.stderr.columns ?? 80,
  });
  const metrics = createMetrics();
  const server =
    flags.metricsAddress === undefined ? undefined : await serveMetrics(metrics, ...addressOf(flags.metricsAddress));
  try {
    const kinds = flags.disableStore ? undefined : await chooseReportKind(createDiscovery(client), flags.reportKind);
    if (kinds?.kind === 'openreports') await removeLegacy(client, log);
    const options: AuditOptions = {
      ...optionsOf(flags, client, log, kinds && createReportStore(client, kinds)),
      metrics,
      signal: stopping.signal,
      checkpoints: continuous ? undefined : checkpointsOf(flags, client),
      onReport: outputScan ? (report) => context.stdout.write(`${scanLine(report, kinds)}\n`) : undefined,
      onProgress: progress.show,
    };
    if (continuous) {
      const run = flags.leaderElect ? auditAsLeader : auditContinuously;
      await run({ ...options, resyncMs: flags.resync * 3_600_000, onProgress: undefined });
      return;
    }
    const { document, complete } = await runAudit(options);
    progress.clear();
    await writeOutputs(flags, context, document);
    if (isViolated(document, flags.failOn)) throw new Exit(EXIT.rejected);
    if (!complete) throw new Exit(EXIT.failed);
  } finally {
    progress.clear();
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await server?.close();
    await client.close();
  }
}

function optionsOf(flags: AuditFlags, client: KubeClient, log: AuditLog, store: ReportStore | undefined): AuditOptions {
  const { parallelNamespaces, parallelResources, parallelPolicies, extraCa, clientCert, clientKey, insecureSsl } =
    flags;
  return {
    client,
    store,
    log,
    deploymentsNamespace: flags.kubewardenNamespace,
    idsOf,
    policyServerUrl: flags.policyServerUrl || undefined,
    tls: { extraCa, clientCert, clientKey, insecure: insecureSsl },
    user: userOf(flags),
    namespace: flags.cluster ? undefined : flags.namespace || undefined,
    clusterOnly: flags.cluster,
    ignoreNamespaces: new Set(flags.ignoreNamespaces),
    pageSize: flags.pageSize,
    parallelObjects: parallelNamespaces * parallelResources,
    parallelPolicies,
    maxInFlight: parallelNamespaces * parallelResources * parallelPolicies,
    patienceMs: flags.patience * 1000,
  };
}

/** The names that a policy may have on its server, and in reports. */
export const idsOf: AuditOptions['idsOf'] = ({ kind, namespace, name }) => [
  policyId(kind, namespace, name),
  policyId(kind, namespace, name, 'dashed'),
];

export function userOf({ user, group, kubewardenNamespace }: AuditFlags): AuditUser {
  const scanner = serviceAccountUser(kubewardenNamespace);
  if (user === undefined) return group.length === 0 ? scanner : { ...scanner, groups: group };
  return { username: user, groups: [...group, 'system:authenticated'] };
}

function checkpointsOf(
  { checkpoint, kubewardenNamespace }: AuditFlags,
  client: KubeClient,
): CheckpointStore | undefined {
  if (checkpoint === undefined) return undefined;
  const prefix = 'configmap/';
  if (!checkpoint.startsWith(prefix)) return fileCheckpoints(checkpoint);
  return configMapCheckpoints(client, kubewardenNamespace, checkpoint.slice(prefix.length));
}

/** Reports of the kind that was written before must not stay beside those that are written now. */
async function removeLegacy(client: KubeClient, log: AuditLog): Promise<void> {
  try {
    const legacy = await reportResources(createDiscovery(client), 'policyreport');
    if (legacy !== undefined) await removeAllReports(client, legacy);
  } catch (error) {
    log.warn('reports of wgpolicyk8s.io could not be removed', { cause: error instanceof Error ? error.message : '' });
  }
}

function scanLine(report: ObjectReport, kinds: ReportResources | undefined): string {
  const isNamespaced = report.object.metadata.namespace !== undefined;
  const kind = (isNamespaced ? kinds?.namespaced : kinds?.cluster) ?? {
    group: 'wgpolicyk8s.io',
    version: 'v1alpha2',
    plural: isNamespaced ? 'policyreports' : 'clusterpolicyreports',
    kind: isNamespaced ? 'PolicyReport' : 'ClusterPolicyReport',
    namespaced: isNamespaced,
    verbs: [],
    subresources: [],
  };
  return JSON.stringify(reportResource(report, kind, ''));
}

function addressOf(text: string): readonly [host: string, port: number] {
  const colon = text.lastIndexOf(':');
  const port = Number(text.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError('--metrics-address: expected HOST:PORT, such as 127.0.0.1:9090');
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return [host === '' ? '0.0.0.0' : host, port];
}
