import { DEFAULT_READINESS_PORT } from '../api/names.ts';
import type { PolicyServer } from '../cluster/objects.ts';
import type { ControllerOptions } from '../process/options.ts';
import { accountOf } from './access.ts';
import type { Delivery } from './delivery.ts';
import { environmentOf, hasSidecar } from './environment.ts';
import { commonLabels, CONFIG_VERSION, deploymentSelector, objectName, POLICY_SERVER_LABEL } from './names.ts';
import { ownedMeta, type Desired } from './owned.ts';
import { spreadOf } from './spread.ts';
import { volumesOf } from './volumes.ts';

export interface DeploymentInput {
  readonly server: PolicyServer;
  readonly options: ControllerOptions;
  readonly delivery: Delivery;
  /** The resourceVersion of the ConfigMap; only pods that mount it are told. */
  readonly configVersion: string;
  /** Of the configuration, which is what pods that mount it get. */
  readonly revision: string;
  /** What an autoscaler has set; undefined: there is none, and the PolicyServer says how many. */
  readonly scaledTo: number | undefined;
}

const RESTRICTED = {
  readOnlyRootFilesystem: true,
  privileged: false,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
} as const;

/**
 * The Deployment of a PolicyServer (contract: controller §3.4). What is not in it, others may set: annotations of
 * `kubectl rollout restart`, and labels that the PolicyServer does not name.
 */
export function deploymentOf(input: DeploymentInput): Desired {
  const { server, options, delivery, configVersion, revision, scaledTo } = input;
  const { name } = server.metadata;
  const { spec } = server;
  const version = delivery === 'configmap' ? { [CONFIG_VERSION]: configVersion } : {};
  const system = { [POLICY_SERVER_LABEL]: name, ...commonLabels(name) };
  const annotations = { ...spec.annotations };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: ownedMeta(server, options.namespace, {
      labels: { ...spec.labels, ...system },
      annotations: { ...annotations, ...version },
    }),
    spec: {
      replicas: scaledTo ?? spec.replicas,
      selector: { matchLabels: deploymentSelector(name) },
      strategy: { type: 'RollingUpdate' },
      template: {
        metadata: {
          labels: { ...spec.labels, ...deploymentSelector(name), ...version, ...system },
          annotations: {
            ...annotations,
            ...(hasSidecar(options) ? { 'sidecar.opentelemetry.io/inject': 'true' } : {}),
          },
        },
        spec: podSpec(server, options, delivery, revision),
      },
    },
  };
}

function podSpec(server: PolicyServer, options: ControllerOptions, delivery: Delivery, revision: string): unknown {
  const { spec } = server;
  const account = accountOf(server);
  const spread = spreadOf(server);
  // Without rights to hand out, pods have the account that they always had: the namespace's own.
  const serviceAccountName = account.isOwn && delivery !== 'hot' ? undefined : account.name;
  return {
    containers: [container(server, options, delivery, revision)],
    volumes: volumesOf(server, options, delivery, revision).map(({ volume }) => volume),
    affinity: spec.affinity ?? {},
    securityContext: spec.securityContexts?.pod ?? { seccompProfile: { type: 'RuntimeDefault' } },
    dnsPolicy: options.hostNetwork ? 'ClusterFirstWithHostNet' : 'ClusterFirst',
    ...(options.hostNetwork ? { hostNetwork: true } : {}),
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(spread.length === 0 ? {} : { topologySpreadConstraints: spread }),
    ...(spec.tolerations === undefined ? {} : { tolerations: spec.tolerations }),
    ...(spec.priorityClassName === undefined ? {} : { priorityClassName: spec.priorityClassName }),
    ...(options.imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: options.imagePullSecrets.map((name) => ({ name })) }),
  };
}

function container(server: PolicyServer, options: ControllerOptions, delivery: Delivery, revision: string): unknown {
  const { metadata, spec } = server;
  const { readinessProbePort = DEFAULT_READINESS_PORT } = spec;
  return {
    name: objectName(metadata.name),
    image: spec.image,
    env: environmentOf(server, options, delivery),
    readinessProbe: { httpGet: { path: '/readiness', port: readinessProbePort, scheme: 'HTTP' } },
    ...(spec.limits === undefined && spec.requests === undefined
      ? {}
      : {
          resources: {
            ...(spec.limits === undefined ? {} : { limits: spec.limits }),
            ...(spec.requests === undefined ? {} : { requests: spec.requests }),
          },
        }),
    securityContext: spec.securityContexts?.container ?? RESTRICTED,
    // The end of the log of a server that can't start is then in the pod's status, where we can read why.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: volumesOf(server, options, delivery, revision).map(({ mount }) => mount),
  };
}
