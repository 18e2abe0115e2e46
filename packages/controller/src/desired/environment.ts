import { DEFAULT_READINESS_PORT, DEFAULT_WEBHOOK_PORT } from '../api/names.ts';
import type { PolicyServer } from '../cluster/objects.ts';
import type { ControllerOptions } from '../process/options.ts';
import type { Delivery } from './delivery.ts';
import { objectName } from './names.ts';

/** core/v1 EnvVar. */
export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: unknown;
}

/** Where things are in the container (contract: controller §3.4). */
export const PATHS = {
  certificates: '/pki',
  store: '/tmp',
  policies: '/config',
  verification: '/verification',
  sigstoreTrust: '/sigstore-trust',
  sources: '/sources',
  docker: '/home/kubewarden/.docker',
  ca: '/ca',
  clientCa: '/client-ca',
} as const;

/**
 * The variables of a policy server's container, in the contract's order: built in, then the user's, then those that
 * follow from other settings. Of two with one name the later counts, since a list that is applied can't have both.
 */
export function environmentOf(server: PolicyServer, options: ControllerOptions, delivery: Delivery): readonly EnvVar[] {
  const all = [
    ...builtIn(server, options, delivery),
    ...((server.spec.env as readonly EnvVar[] | undefined) ?? []),
    ...conditional(server, options),
  ];
  return [...new Map(all.map((variable) => [variable.name, variable])).values()];
}

function builtIn({ metadata, spec }: PolicyServer, options: ControllerOptions, delivery: Delivery): readonly EnvVar[] {
  const { webhookPort = DEFAULT_WEBHOOK_PORT, readinessProbePort = DEFAULT_READINESS_PORT } = spec;
  const field = (fieldPath: string): unknown => ({ fieldRef: { apiVersion: 'v1', fieldPath } });
  const hot: readonly EnvVar[] = [
    { name: 'OSTIARY_POLICIES_FROM_CLUSTER', value: `${options.namespace}/${objectName(metadata.name)}` },
    { name: 'OSTIARY_POD_NAME', valueFrom: field('metadata.name') },
    { name: 'OSTIARY_POD_NAMESPACE', valueFrom: field('metadata.namespace') },
    { name: 'OSTIARY_ON_BAD_POLICY', value: 'isolate' },
  ];
  return [
    { name: 'KUBEWARDEN_CERT_FILE', value: `${PATHS.certificates}/tls.crt` },
    { name: 'KUBEWARDEN_KEY_FILE', value: `${PATHS.certificates}/tls.key` },
    { name: 'KUBEWARDEN_PORT', value: String(webhookPort) },
    { name: 'KUBEWARDEN_READINESS_PROBE_PORT', value: String(readinessProbePort) },
    { name: 'KUBEWARDEN_POLICIES_DOWNLOAD_DIR', value: PATHS.store },
    ...(delivery === 'hot' ? hot : [{ name: 'KUBEWARDEN_POLICIES', value: `${PATHS.policies}/policies.yml` }]),
    { name: 'KUBEWARDEN_SIGSTORE_CACHE_DIR', value: `${PATHS.store}/sigstore-data` },
  ];
}

function conditional({ spec }: PolicyServer, options: ControllerOptions): readonly EnvVar[] {
  const when = (condition: boolean, name: string, value: string): readonly EnvVar[] =>
    condition ? [{ name, value }] : [];
  return [
    ...when(
      options.alwaysAcceptOwnNamespace,
      'KUBEWARDEN_ALWAYS_ACCEPT_ADMISSION_REVIEWS_ON_NAMESPACE',
      options.namespace,
    ),
    ...when(
      isSet(spec.verificationConfig),
      'KUBEWARDEN_VERIFICATION_CONFIG_PATH',
      `${PATHS.verification}/verification.yml`,
    ),
    ...when(
      isSet(spec.sigstoreTrustConfig),
      'KUBEWARDEN_SIGSTORE_TRUST_CONFIG_PATH',
      `${PATHS.sigstoreTrust}/sigstore-trust-config.json`,
    ),
    ...when(isSet(spec.imagePullSecret), 'KUBEWARDEN_DOCKER_CONFIG_JSON_PATH', PATHS.docker),
    ...when(hasSources(spec), 'KUBEWARDEN_SOURCES_PATH', `${PATHS.sources}/sources.yml`),
    ...when(
      options.clientCaConfigMap !== undefined,
      'KUBEWARDEN_CLIENT_CA_FILE',
      `${PATHS.ca}/ca.crt,${PATHS.clientCa}/client-ca.crt`,
    ),
    ...when(options.enableMetrics, 'KUBEWARDEN_ENABLE_METRICS', 'true'),
    ...when(options.enableTracing, 'KUBEWARDEN_LOG_FMT', 'otlp'),
    ...exporter(options),
  ];
}

/** A collector beside the server is reached at its usual place; any other as the controller itself reaches it. */
function exporter(options: ControllerOptions): readonly EnvVar[] {
  if (!options.enableMetrics && !options.enableTracing) return [];
  if (hasSidecar(options)) return [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://localhost:4317' }];
  return Object.entries(options.exporter).map(([name, value]) => ({ name, value }));
}

export function hasSidecar({ otelSidecar, hostNetwork }: ControllerOptions): boolean {
  return otelSidecar && !hostNetwork;
}

export function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

export function hasSources({ insecureSources = [], sourceAuthorities = {} }: PolicyServer['spec']): boolean {
  return insecureSources.length > 0 || Object.keys(sourceAuthorities).length > 0;
}
