import type { TestContext } from 'node:test';
import {
  createDiscovery,
  createKubeClient,
  resource,
  type ApiResource,
  type KubeClient,
  type KubeObject,
} from '@ostiary/kube';
import { startFakeApiServer, type FakeApiServer } from '@ostiary/kube/testing';
import type { AuditOptions } from '../options.ts';
import { SILENT } from '../log.ts';
import type { PolicyRef } from '../policies/policy.ts';
import { chooseReportKind, type ReportKind } from '../store/kinds.ts';
import { createReportStore, type ReportStore } from '../store/store.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const define = (apiVersion: string, kind: string, plural: string, namespaced = true): ApiResource =>
  resource(apiVersion, kind, plural, { namespaced, verbs, subresources: [] });

export const PODS = define('v1', 'Pod', 'pods');
export const NAMESPACES = define('v1', 'Namespace', 'namespaces', false);
export const DEPLOYMENTS = define('apps/v1', 'Deployment', 'deployments');
export const SERVICES = define('v1', 'Service', 'services');
export const CONFIG_MAPS = define('v1', 'ConfigMap', 'configmaps');
export const CLUSTER_POLICIES = define(
  'policies.kubewarden.io/v1',
  'ClusterAdmissionPolicy',
  'clusteradmissionpolicies',
  false,
);
export const POLICIES = define('policies.kubewarden.io/v1', 'AdmissionPolicy', 'admissionpolicies');
export const CLUSTER_GROUPS = define(
  'policies.kubewarden.io/v1',
  'ClusterAdmissionPolicyGroup',
  'clusteradmissionpolicygroups',
  false,
);
export const GROUPS = define('policies.kubewarden.io/v1', 'AdmissionPolicyGroup', 'admissionpolicygroups');
export const POLICY_SERVERS = define('policies.kubewarden.io/v1', 'PolicyServer', 'policyservers', false);
export const POLICY_REPORTS = define('wgpolicyk8s.io/v1alpha2', 'PolicyReport', 'policyreports');
export const CLUSTER_POLICY_REPORTS = define(
  'wgpolicyk8s.io/v1alpha2',
  'ClusterPolicyReport',
  'clusterpolicyreports',
  false,
);
export const REPORTS = define('openreports.io/v1alpha1', 'Report', 'reports');
export const CLUSTER_REPORTS = define('openreports.io/v1alpha1', 'ClusterReport', 'clusterreports', false);
export const CRDS = define('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false);
const WEBHOOKS = ['Validating', 'Mutating'].map((word) =>
  define(
    'admissionregistration.k8s.io/v1',
    `${word}WebhookConfiguration`,
    `${word.toLowerCase()}webhookconfigurations`,
    false,
  ),
);

export const RESOURCES: readonly ApiResource[] = [
  PODS,
  NAMESPACES,
  DEPLOYMENTS,
  SERVICES,
  CONFIG_MAPS,
  CLUSTER_POLICIES,
  POLICIES,
  CLUSTER_GROUPS,
  GROUPS,
  POLICY_SERVERS,
  POLICY_REPORTS,
  CLUSTER_POLICY_REPORTS,
  REPORTS,
  CLUSTER_REPORTS,
  CRDS,
  ...WEBHOOKS,
];

export interface TestCluster {
  readonly server: FakeApiServer;
  readonly client: KubeClient;
  readonly options: (
    policyServerUrl: string,
    kind?: ReportKind,
  ) => Promise<AuditOptions & { readonly store: ReportStore }>;
}

/** A cluster with the namespaces `kubewarden` and `team`, and a policy server. It ends with the test. */
export async function testCluster(t: TestContext, resources: readonly ApiResource[] = RESOURCES): Promise<TestCluster> {
  const server = await startFakeApiServer({ resources });
  const client = createKubeClient(server.kubeConfig());
  t.after(async () => {
    await client.close();
    await server.stop();
  });
  for (const name of ['kubewarden', 'team']) server.put(NAMESPACES, namespace(name));
  return {
    server,
    client,
    options: async (policyServerUrl, kind) => ({
      client,
      store: createReportStore(client, await chooseReportKind(createDiscovery(client), kind)),
      deploymentsNamespace: 'kubewarden',
      idsOf: ({ kind, namespace, name }: PolicyRef) => [
        `${kind.replaceAll(/[a-z]/g, '').toLowerCase()}.${namespace}.${name}`,
      ],
      policyServerUrl,
      tls: {},
      ignoreNamespaces: new Set(),
      pageSize: 10,
      parallelObjects: 8,
      parallelPolicies: 5,
      maxInFlight: 16,
      patienceMs: 0,
      log: SILENT,
    }),
  };
}

type Plain = KubeObject & { readonly [name: string]: unknown };

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): Plain {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name, ...labels } },
  };
}

export function pod(name: string, labels: Readonly<Record<string, string>> = {}, inNamespace = 'team'): Plain {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: inNamespace, name, labels },
    spec: { containers: [] },
  };
}

export const POD_RULE = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };

/** An active policy for pods; `spec` says what is different. */
export function clusterPolicy(name: string, spec: object = {}, policyStatus = 'active'): Plain {
  return {
    apiVersion: 'policies.kubewarden.io/v1',
    kind: 'ClusterAdmissionPolicy',
    metadata: { name },
    spec: { module: 'registry://r.example/p:v1', mutating: false, rules: [POD_RULE], ...spec },
    status: { policyStatus },
  };
}

export function namespacedPolicy(name: string, inNamespace: string, spec: object = {}): Plain {
  return { ...clusterPolicy(name, spec), kind: 'AdmissionPolicy', metadata: { name, namespace: inNamespace } };
}

/** The reports that there are, by the name of their object. */
export function reportsIn(server: FakeApiServer, kind: ApiResource = POLICY_REPORTS): ReadonlyMap<string, Plain> {
  return new Map(
    server.store
      .list(kind, undefined)
      .map((report) => [String((report['scope'] as { readonly name?: unknown }).name), report]),
  );
}
