import type { PolicyIdScheme } from '../api/policy-id.ts';

/** How configurations reach the pods: ours follow the ConfigMap, others get it mounted and are rolled out anew. */
export type ImageKind = 'auto' | 'ostiary' | 'kubewarden';

/** Who makes certificates: the controller; cert-manager at the controller's request; or whoever fills the Secrets. */
export type CertificateSource = 'own' | 'cert-manager' | 'secret';

/** Everything that the flags and variables of the controller come to (contract: controller §7). */
export interface ControllerOptions {
  /** Where the stack runs. */
  readonly namespace: string;
  readonly webhookServiceName: string;
  readonly webhookPort: number;
  /** `host:port` with an optional host; undefined: off. */
  readonly probeAddress: string | undefined;
  readonly metricsAddress: string | undefined;
  readonly leaderElect: boolean;
  readonly manageWebhooks: boolean;
  readonly certificates: CertificateSource;
  readonly idScheme: PolicyIdScheme;
  readonly imageKind: ImageKind;
  readonly alwaysAcceptOwnNamespace: boolean;
  readonly clientCaConfigMap: string | undefined;
  readonly imagePullSecrets: readonly string[];
  readonly hostNetwork: boolean;
  readonly enableMetrics: boolean;
  readonly enableTracing: boolean;
  readonly otelSidecar: boolean;
  readonly otelCertificateSecret: string | undefined;
  readonly otelClientCertificateSecret: string | undefined;
  /** The Service port of the policy servers' metrics; their own port is the same. */
  readonly servicesMetricsPort: number;
  readonly kubeconfig: string | undefined;
  readonly cleanup: boolean;
  /** The Deployment of the controller itself, which a clean-up stops first; undefined: it does not run any more. */
  readonly controllerDeployment: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** OTEL_EXPORTER_OTLP_* of this process that are not empty: where to push, for policy servers too (contract: App. B). */
  readonly exporter: Readonly<Record<string, string>>;
}
