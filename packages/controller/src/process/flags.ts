import type { ControllerOptions } from './options.ts';

/** A flag or variable that can't be used. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
  readonly code = 'invalid-option';
}

interface Flag {
  readonly kind: 'switch' | 'text' | 'port';
  readonly about: string;
  readonly default?: string;
  readonly allowed?: readonly string[];
}

/** The flags of the controller (contract: controller §7), and ours. Those of zap are taken and mostly have no effect. */
export const CONTROLLER_FLAGS = {
  'metrics-bind-address': { kind: 'text', about: 'where Prometheus asks; 0 for nowhere', default: ':8088' },
  'health-probe-bind-address': { kind: 'text', about: 'where /healthz and /readyz are', default: ':8081' },
  'webhook-server-port': { kind: 'port', about: 'of the webhooks for our own kinds', default: '9443' },
  'webhook-service-name': {
    kind: 'text',
    about: 'the Service that leads to them',
    default: 'kubewarden-controller-webhook-service',
  },
  'leader-elect': { kind: 'switch', about: 'only one replica of several reconciles' },
  'manage-webhooks': { kind: 'switch', about: 'keep the webhook configurations of our own kinds', default: 'true' },
  'deployments-namespace': { kind: 'text', about: "where policy servers run; default: the kubeconfig's namespace" },
  certificates: {
    kind: 'text',
    about: 'who makes certificates',
    default: 'own',
    allowed: ['own', 'cert-manager', 'secret'],
  },
  'policy-id-scheme': {
    kind: 'text',
    about: 'how policies are called in paths and webhooks: kw.cap.NAME or clusterwide-NAME',
    default: 'dotted',
    allowed: ['dotted', 'legacy'],
  },
  'policy-server-image-kind': {
    kind: 'text',
    about: 'whose policy server the images are; auto goes by their names',
    default: 'auto',
    allowed: ['auto', 'ostiary', 'kubewarden'],
  },
  'always-accept-admission-reviews-on-deployments-namespace': {
    kind: 'switch',
    about: 'policies never refuse anything in the namespace of the policy servers',
  },
  'client-ca-configmap-name': { kind: 'text', about: 'ConfigMap with client-ca.crt: who may call (mTLS)' },
  'image-pull-secrets': { kind: 'text', about: "for the policy servers' image, comma separated" },
  'host-network': { kind: 'switch', about: 'policy servers use the network of their nodes' },
  'enable-metrics': {
    kind: 'switch',
    about: 'push metrics, policy servers too, by OTLP over gRPC; OTEL_EXPORTER_OTLP_* say where',
  },
  'enable-tracing': { kind: 'switch', about: 'policy servers push traces' },
  'enable-otel-sidecar': { kind: 'switch', about: 'the collector is a sidecar' },
  'opentelemetry-certificate-secret': { kind: 'text', about: "Secret with the collector's ca.crt" },
  'opentelemetry-client-certificate-secret': { kind: 'text', about: 'Secret with tls.crt and tls.key for it' },
  kubeconfig: { kind: 'text', about: 'default: KUBECONFIG, or the credentials of the pod' },
  cleanup: { kind: 'switch', about: 'remove webhooks and finalizers, then end; for uninstalling' },
  'controller-deployment': { kind: 'text', about: "with --cleanup: the controller's own Deployment, stopped first" },
  'log-level': { kind: 'text', about: 'debug, info, warn or error', default: 'info' },
  'zap-log-level': { kind: 'text', about: 'the same' },
  'zap-encoder': { kind: 'text', about: 'no effect: logs are JSON' },
  'zap-devel': { kind: 'switch', about: 'no effect' },
  'zap-stacktrace-level': { kind: 'text', about: 'no effect' },
  'zap-time-encoding': { kind: 'text', about: 'no effect' },
} as const satisfies Readonly<Record<string, Flag>>;

export type ControllerFlag = keyof typeof CONTROLLER_FLAGS;

/** Switches stand alone or with a value, as Go has it; one dash is as good as two. */
export function spellFlags(args: readonly string[]): readonly string[] {
  return args.map((arg) => {
    const long = /^-[a-z][a-z-]+(=|$)/.test(arg) ? `-${arg}` : arg;
    const name = long.slice(2);
    return Object.hasOwn(CONTROLLER_FLAGS, name) && CONTROLLER_FLAGS[name as ControllerFlag].kind === 'switch'
      ? `${long}=true`
      : long;
  });
}

type Env = Readonly<Record<string, string | undefined>>;

const METRICS_PORT = 'KUBEWARDEN_POLICY_SERVER_SERVICES_METRICS_PORT';
const EXPORTER = 'OTEL_EXPORTER_OTLP_';
const OWN_NAMESPACE = 'kubewarden';

/**
 * Reads the flags that were given, by name, and the variables. Throws OptionsError.
 *
 * @param namespace Of the kubeconfig or the pod; counts when no flag says where the stack runs
 */
export function readOptions(
  given: Readonly<Partial<Record<ControllerFlag, string>>>,
  env: Env,
  namespace: string = OWN_NAMESPACE,
): ControllerOptions {
  const text = (name: ControllerFlag): string | undefined => {
    const flag: Flag = CONTROLLER_FLAGS[name];
    const value = given[name] ?? flag.default ?? '';
    if (flag.allowed !== undefined && !flag.allowed.includes(value)) {
      throw new OptionsError(`--${name}: expected ${flag.allowed.join(', ')}, found ${JSON.stringify(value)}`);
    }
    return value === '' ? undefined : value;
  };
  const isOn = (name: ControllerFlag): boolean => switchOf(name, text(name));
  const address = (name: ControllerFlag): string | undefined => addressOf(name, text(name));
  const options: ControllerOptions = {
    namespace: text('deployments-namespace') ?? namespace,
    webhookServiceName: text('webhook-service-name') ?? '',
    webhookPort: portOf('--webhook-server-port', text('webhook-server-port') ?? ''),
    probeAddress: address('health-probe-bind-address'),
    metricsAddress: address('metrics-bind-address'),
    leaderElect: isOn('leader-elect'),
    manageWebhooks: isOn('manage-webhooks'),
    certificates: text('certificates') as ControllerOptions['certificates'],
    idScheme: text('policy-id-scheme') === 'legacy' ? 'dashed' : 'dotted',
    imageKind: text('policy-server-image-kind') as ControllerOptions['imageKind'],
    alwaysAcceptOwnNamespace: isOn('always-accept-admission-reviews-on-deployments-namespace'),
    clientCaConfigMap: text('client-ca-configmap-name'),
    imagePullSecrets: (text('image-pull-secrets') ?? '').split(',').filter((name) => name !== ''),
    hostNetwork: isOn('host-network'),
    enableMetrics: isOn('enable-metrics'),
    enableTracing: isOn('enable-tracing'),
    otelSidecar: isOn('enable-otel-sidecar'),
    otelCertificateSecret: text('opentelemetry-certificate-secret'),
    otelClientCertificateSecret: text('opentelemetry-client-certificate-secret'),
    servicesMetricsPort: portOf(METRICS_PORT, env[METRICS_PORT] || '8080'),
    kubeconfig: text('kubeconfig'),
    cleanup: isOn('cleanup'),
    controllerDeployment: text('controller-deployment'),
    logLevel: levelOf(given['log-level'] ?? given['zap-log-level'] ?? 'info'),
    exporter: exporterOf(env),
  };
  if (options.hostNetwork && options.otelSidecar) {
    throw new OptionsError('--host-network and --enable-otel-sidecar exclude each other');
  }
  return options;
}

function switchOf(name: string, value: string | undefined): boolean {
  // As strconv.ParseBool has it.
  if (value === undefined || /^(0|f|false)$/i.test(value)) return false;
  if (/^(1|t|true)$/i.test(value)) return true;
  throw new OptionsError(`--${name}: expected true or false, found ${JSON.stringify(value)}`);
}

function portOf(name: string, value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : -1;
  if (port < 0 || port > 65_535) throw new OptionsError(`${name}: ${JSON.stringify(value)} is not a port`);
  return port;
}

function addressOf(name: string, value: string | undefined): string | undefined {
  if (value === undefined || value === '0') return undefined;
  portOf(`--${name}`, value.slice(value.lastIndexOf(':') + 1));
  return value;
}

function levelOf(value: string): ControllerOptions['logLevel'] {
  switch (value.toLowerCase()) {
    case 'trace':
    case 'debug':
      return 'debug';
    case 'info':
      return 'info';
    case 'warn':
    case 'warning':
      return 'warn';
    case 'error':
    case 'panic':
      return 'error';
    default:
      // zap takes numbers as well, the higher the chattier.
      if (/^\d+$/.test(value)) return 'debug';
      throw new OptionsError(`--log-level: expected debug, info, warn or error, found ${JSON.stringify(value)}`);
  }
}

function exporterOf(env: Env): Readonly<Record<string, string>> {
  const found = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith(EXPORTER) && value ? [[name, value] as const] : [],
  );
  return Object.fromEntries(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
