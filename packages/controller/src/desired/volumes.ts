import { dirname } from 'node:path/posix';
import type { PolicyServer } from '../cluster/objects.ts';
import type { ControllerOptions } from '../process/options.ts';
import type { Delivery } from './delivery.ts';
import { hasSidecar, hasSources, isSet, PATHS } from './environment.ts';
import { objectName } from './names.ts';
import { snapshotName } from './snapshot.ts';

/** A volume of the pod and where the container has it. */
export interface MountedVolume {
  readonly volume: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly mount: { readonly name: string; readonly mountPath: string; readonly readOnly?: true };
}

const CA_SECRET = 'kubewarden-ca';

/** Mode 0644 as JSON has it: 6 × 64 + 4 × 8 + 4 = 420. */
const READABLE = 420;

/**
 * The volumes of a policy server (contract: controller §3.4). Pods that don't follow the ConfigMap mount the snapshot of
 * their revision; the others have its newest `sources.yml` like everything else.
 */
export function volumesOf(
  server: PolicyServer,
  options: ControllerOptions,
  delivery: Delivery,
  revision: string,
): readonly MountedVolume[] {
  const { spec, metadata } = server;
  const own = objectName(metadata.name);
  const mounted = delivery === 'configmap' ? snapshotName(metadata.name, revision) : own;
  const configMap = (name: string, ...items: readonly Item[]): unknown => ({ configMap: { name, ...picked(items) } });
  const secret = (secretName: string, ...items: readonly Item[]): unknown => ({
    secret: { secretName, ...picked(items) },
  });
  return [
    { volume: { name: 'policy-store', emptyDir: {} }, mount: { name: 'policy-store', mountPath: PATHS.store } },
    readOnly('certs', PATHS.certificates, secret(own)),
    ...when(delivery === 'configmap', 'policies', PATHS.policies, () =>
      configMap(mounted, ['policies.yml', 'policies.yml']),
    ),
    ...when(isSet(spec.verificationConfig), 'verification', PATHS.verification, () =>
      configMap(spec.verificationConfig ?? '', ['verification-config', 'verification.yml']),
    ),
    ...when(isSet(spec.sigstoreTrustConfig), 'sigstore-trust-config', PATHS.sigstoreTrust, () =>
      configMap(spec.sigstoreTrustConfig ?? '', ['sigstore-trust-config', 'sigstore-trust-config.json']),
    ),
    ...when(isSet(spec.imagePullSecret), 'imagepullsecret', PATHS.docker, () =>
      secret(spec.imagePullSecret ?? '', ['.dockerconfigjson', 'config.json']),
    ),
    ...when(hasSources(spec), 'sources', PATHS.sources, () => configMap(mounted)),
    ...when(options.clientCaConfigMap !== undefined, 'kubewarden-ca-cert', PATHS.ca, () =>
      secret(CA_SECRET, ['ca.crt', 'ca.crt']),
    ),
    ...when(options.clientCaConfigMap !== undefined, 'client-ca-cert', PATHS.clientCa, () =>
      configMap(options.clientCaConfigMap ?? '', ['client-ca.crt', 'client-ca.crt']),
    ),
    ...exporterSecrets(options),
  ];
}

type Item = readonly [key: string, path: string];

function picked(items: readonly Item[]): Readonly<Record<string, unknown>> {
  return items.length === 0 ? {} : { items: items.map(([key, path]) => ({ key, path })) };
}

function readOnly(name: string, mountPath: string, source: unknown): MountedVolume {
  return { volume: { name, ...(source as object) }, mount: { name, mountPath, readOnly: true } };
}

function when(condition: boolean, name: string, path: string, source: () => unknown): readonly MountedVolume[] {
  return condition ? [readOnly(name, path, source())] : [];
}

/** What speaks to the collector needs its certificates where the controller has them. */
function exporterSecrets(options: ControllerOptions): readonly MountedVolume[] {
  if (hasSidecar(options) || (!options.enableMetrics && !options.enableTracing)) return [];
  const pairs = [
    ['otel-collector-certificate', options.otelCertificateSecret, 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
    ['otel-collector-client-certificate', options.otelClientCertificateSecret, 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'],
  ] as const;
  return pairs.flatMap(([name, secretName, variable]) => {
    const file = options.exporter[variable];
    return secretName === undefined || file === undefined
      ? []
      : [readOnly(name, dirname(file), { secret: { secretName, defaultMode: READABLE } })];
  });
}
