import { join } from 'node:path';
import type { CredentialFiles } from './credentials.ts';

/** Ports on 127.0.0.1. */
export interface ClusterPorts {
  readonly etcdClient: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
}

/** What differs between API servers: the files of the three gates, and anything else. */
export interface ApiServerOptions {
  /** Kubeconfig of a token webhook (TokenReview v1). */
  readonly tokenWebhookConfig?: string;
  /** `AuthorizationConfiguration` file; replaces the default mode RBAC. */
  readonly authorizationConfig?: string;
  /** `AdmissionConfiguration` file; manifest-based admission control is switched on with it. */
  readonly admissionConfig?: string;
  /** More flags, written `--name=value` or `--name`; one that is set here isn't set by the harness. */
  readonly flags?: readonly string[];
}

/**
 * Flags of etcd. A test's data need not survive the machine, so nothing waits for the disk, and the only member need not
 * wait long for others before it elects itself (the default timeout costs a second of every start).
 */
export function etcdFlags(dir: string, ports: ClusterPorts): string[] {
  const client = `http://127.0.0.1:${ports.etcdClient}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    '--name=e2e',
    `--data-dir=${join(dir, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=e2e=${peer}`,
    '--heartbeat-interval=10',
    '--election-timeout=100',
    '--unsafe-no-fsync',
    // 2 GiB by default, which the reports of 100,000 objects would fill.
    '--quota-backend-bytes=8589934592',
    '--log-level=warn',
  ];
}

/**
 * Flags of the API server. Service addresses lie in 127.96.0.0/16, where any process of this machine can listen, and the
 * endpoint reconciler is off, because it refuses a loopback address.
 */
export function apiServerFlags(files: CredentialFiles, ports: ClusterPorts, options: ApiServerOptions): string[] {
  const own = [
    `--etcd-servers=http://127.0.0.1:${ports.etcdClient}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${ports.apiServer}`,
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=127.96.0.0/16',
    '--enable-aggregator-routing=false',
    '--allow-privileged',
    `--tls-cert-file=${files.serverCert}`,
    `--tls-private-key-file=${files.serverKey}`,
    `--client-ca-file=${files.ca}`,
    `--requestheader-client-ca-file=${files.ca}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${files.proxyClientCert}`,
    `--proxy-client-key-file=${files.proxyClientKey}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
  ];
  const gates = gateFlags(options);
  const extra = options.flags ?? [];
  return [...without(own, [...gates, ...extra]), ...without(gates, extra), ...extra];
}

function gateFlags({
  tokenWebhookConfig,
  authorizationConfig,
  admissionConfig,
  flags = [],
}: ApiServerOptions): string[] {
  const gates: string[] = [];
  if (tokenWebhookConfig !== undefined) {
    gates.push(
      `--authentication-token-webhook-config-file=${tokenWebhookConfig}`,
      '--authentication-token-webhook-version=v1',
      '--authentication-token-webhook-cache-ttl=0s',
    );
  }
  if (authorizationConfig !== undefined) gates.push(`--authorization-config=${authorizationConfig}`);
  // The API server refuses a mode beside an authorization configuration.
  else if (!flags.some((flag) => flagName(flag) === '--authorization-config')) gates.push('--authorization-mode=RBAC');
  if (admissionConfig !== undefined) {
    gates.push(
      `--admission-control-config-file=${admissionConfig}`,
      '--feature-gates=ManifestBasedAdmissionControlConfig=true',
    );
  }
  return gates;
}

/** Flags whose names don't occur in `others`; for list flags the API server would add up both. */
function without(flags: readonly string[], others: readonly string[]): string[] {
  const names = new Set(others.map(flagName));
  return flags.filter((flag) => !names.has(flagName(flag)));
}

function flagName(flag: string): string {
  return flag.split('=', 1)[0] ?? flag;
}

/**
 * Flags of the controller manager. It serves nothing, so it needs no port; the default of 20 requests a second would hold
 * its start up for seconds.
 */
export function controllerManagerFlags(files: CredentialFiles): string[] {
  return [
    `--kubeconfig=${files.controllerManagerKubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--use-service-account-credentials',
    `--root-ca-file=${files.ca}`,
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--cluster-signing-cert-file=${files.ca}`,
    `--cluster-signing-key-file=${files.caKey}`,
    '--node-monitor-grace-period=1h',
    '--kube-api-qps=1000',
    '--kube-api-burst=2000',
  ];
}
