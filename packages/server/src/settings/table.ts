import { choice, count, flag, presence, text, textList, time, type Kind } from './kinds.ts';

/** Headings of help texts and documents, in their order. */
export const GROUPS = [
  'Gates',
  'Policies',
  'Supply chain',
  'Listening',
  'Certificates',
  'Process',
  'Telemetry',
] as const;
export type Group = (typeof GROUPS)[number];

/** One setting: everything that flags, variables, files, help texts, documents and the JSON Schema say of it. */
export interface Setting<T> {
  readonly group: Group;
  readonly kind: Kind<T>;
  readonly about: string;
  /** The value when nobody gives one; absent: it depends on others or there is none, and `otherwise` says so. */
  readonly default?: T;
  readonly otherwise?: string;
  /** The variable of the original (contract: policy-server §1.1); there is one of ours for every setting, `OSTIARY_…`. */
  readonly env?: string;
  /** An older or shorter spelling of the flag. */
  readonly alias?: string;
}

function setting<T, const S extends Setting<T>>(described: S & Setting<T>): S {
  return described;
}

const path = text('path');
const file = text('file');
const folder = text('dir');
const port = count('port', 0, 65_535);
/** More threads than the largest machines have cores only wait for each other. */
const threads = count('n', 1, 256);
/** An API server waits for a webhook 30 s at most; an hour is for audits that wait for something else. */
const seconds = count('seconds', 0, 3600);

/**
 * The settings of the server. A key is the key in a file; its flag is the same in kebab case, its variable in upper case.
 */
export const SETTINGS = {
  authenticationWasmConfigFile: setting({
    group: 'Gates',
    kind: file,
    about: 'modules that authenticate bearer tokens',
  }),
  authorizationWasmConfigFile: setting({ group: 'Gates', kind: file, about: 'modules that authorize requests' }),
  admissionControlConfigFile: setting({
    group: 'Gates',
    kind: file,
    about: 'AdmissionConfiguration with the plugin WASM, or a bare list of modules that admit objects',
  }),
  lenient: setting({
    group: 'Gates',
    kind: flag,
    about: 'accept unknown and duplicate fields in the three files, as the original did',
    default: false,
  }),
  apiAudiences: setting({
    group: 'Gates',
    kind: textList('audiences'),
    about: "the API server's own audiences, comma separated, for modules that do not know of audiences",
  }),

  policies: setting({
    group: 'Policies',
    kind: file,
    about: 'policies and groups of policies, answered at /validate/ID, /audit/ID and /validate_raw/ID',
    otherwise: 'policy-server: policies.yml',
    env: 'KUBEWARDEN_POLICIES',
  }),
  policiesFromCluster: setting({
    group: 'Policies',
    kind: text('namespace/name'),
    about: 'a ConfigMap that a controller keeps, with policies.yml and the files of the gates, followed as it changes',
  }),
  podName: setting({
    group: 'Policies',
    kind: text('name'),
    about: 'with --policies-from-cluster: the pod on which it is noted what is served',
    otherwise: 'nothing is noted',
  }),
  podNamespace: setting({
    group: 'Policies',
    kind: text('namespace'),
    about: 'its namespace',
    otherwise: 'that of the ConfigMap',
  }),
  onBadPolicy: setting({
    group: 'Policies',
    kind: choice('refuse', 'isolate'),
    about:
      'with a module that can not be loaded, refuse to start, or answer for it with its error (at gates by its failure policy) and serve the others',
    otherwise: 'isolate for policies, refuse for gates; policy-server: refuse',
  }),
  continueOnErrors: setting({
    group: 'Policies',
    kind: flag,
    about: 'answer for policies that can not be loaded, but start only when the gates are whole',
    default: false,
    env: 'KUBEWARDEN_CONTINUE_ON_ERRORS',
  }),
  policyTimeout: setting({
    group: 'Policies',
    kind: seconds,
    about: 'how long a policy may take for one request, in seconds, where its entry says nothing else',
    default: 2,
    env: 'KUBEWARDEN_POLICY_TIMEOUT',
  }),
  disableTimeoutProtection: setting({
    group: 'Policies',
    kind: flag,
    about: 'let policies take as long as they want, also those whose entry sets a limit',
    default: false,
    env: 'KUBEWARDEN_DISABLE_TIMEOUT_PROTECTION',
  }),
  alwaysAcceptAdmissionReviewsOnNamespace: setting({
    group: 'Policies',
    kind: text('namespace'),
    about: 'accept every review about this namespace without asking a policy',
    env: 'KUBEWARDEN_ALWAYS_ACCEPT_ADMISSION_REVIEWS_ON_NAMESPACE',
  }),
  ignoreKubernetesConnectionFailure: setting({
    group: 'Policies',
    kind: flag,
    about: 'start although no cluster is configured; policies that ask for one then fail when they do',
    default: false,
    env: 'KUBEWARDEN_IGNORE_KUBERNETES_CONNECTION_FAILURE',
  }),

  policiesDownloadDir: setting({
    group: 'Supply chain',
    kind: folder,
    about: 'where downloaded modules are kept',
    default: '.',
    env: 'KUBEWARDEN_POLICIES_DOWNLOAD_DIR',
  }),
  sourcesPath: setting({
    group: 'Supply chain',
    kind: file,
    about: 'insecure registries, authorities of registries and proxies',
    env: 'KUBEWARDEN_SOURCES_PATH',
  }),
  verificationPath: setting({
    group: 'Supply chain',
    kind: file,
    about: 'signatures that a module must have',
    env: 'KUBEWARDEN_VERIFICATION_CONFIG_PATH',
  }),
  sigstoreCacheDir: setting({
    group: 'Supply chain',
    kind: folder,
    about: "where Sigstore's trust root is kept",
    default: 'sigstore-data',
    env: 'KUBEWARDEN_SIGSTORE_CACHE_DIR',
  }),
  sigstoreTrustConfig: setting({
    group: 'Supply chain',
    kind: file,
    about: "trust root of a Sigstore of one's own",
    env: 'KUBEWARDEN_SIGSTORE_TRUST_CONFIG_PATH',
  }),
  dockerConfigJsonPath: setting({
    group: 'Supply chain',
    kind: folder,
    about: 'folder of the config.json with the credentials of registries',
    env: 'KUBEWARDEN_DOCKER_CONFIG_JSON_PATH',
  }),

  addr: setting({
    group: 'Listening',
    kind: text('ip'),
    about: 'address to bind',
    otherwise: '0.0.0.0; without certificates 127.0.0.1',
    env: 'KUBEWARDEN_BIND_ADDRESS',
  }),
  port: setting({
    group: 'Listening',
    kind: port,
    about: 'port of the gates and policies; 0 picks a free one',
    default: 3000,
    env: 'KUBEWARDEN_PORT',
  }),
  readinessProbePort: setting({
    group: 'Listening',
    kind: port,
    about: 'port of /readiness, /readyz, /livez, /policies and /metrics, plain HTTP',
    default: 8081,
    env: 'KUBEWARDEN_READINESS_PROBE_PORT',
  }),
  unreadyBeforeClose: setting({
    group: 'Listening',
    kind: time,
    about: 'how long requests are still taken after the server has said that it is not ready any more, at its end',
    otherwise: '5s in a cluster, 0s elsewhere',
  }),

  certFile: setting({
    group: 'Certificates',
    kind: path,
    about: 'certificate chain, followed when it changes',
    env: 'KUBEWARDEN_CERT_FILE',
  }),
  keyFile: setting({ group: 'Certificates', kind: path, about: 'its private key', env: 'KUBEWARDEN_KEY_FILE' }),
  clientCaFile: setting({
    group: 'Certificates',
    kind: textList('paths'),
    about: 'comma separated; clients must bring a certificate that one of these authorities signed',
    env: 'KUBEWARDEN_CLIENT_CA_FILE',
  }),
  plainHttp: setting({
    group: 'Certificates',
    kind: flag,
    about: 'no TLS, for a proxy in front',
    otherwise: 'false; policy-server: true without --cert-file',
  }),
  dataDir: setting({
    group: 'Certificates',
    kind: folder,
    about: 'where the development certificate is kept',
    default: '.ostiary',
  }),

  workers: setting({
    group: 'Process',
    kind: threads,
    about: 'threads that answer requests, and one more for slow modules, at least 3; the next two are stronger',
    otherwise: 'one per core',
    env: 'KUBEWARDEN_WORKERS',
  }),
  servingThreads: setting({
    group: 'Process',
    kind: threads,
    about: 'threads that answer requests',
    otherwise: 'one per core',
  }),
  evaluationThreads: setting({
    group: 'Process',
    kind: threads,
    about: 'threads for slow modules',
    otherwise: 'one more than cores, at least 3',
  }),
  daemon: setting({
    group: 'Process',
    kind: flag,
    about: 'go on in the background',
    default: false,
    env: 'KUBEWARDEN_DAEMON',
  }),
  daemonPidFile: setting({
    group: 'Process',
    kind: file,
    about: "the background process's id",
    default: 'policy-server.pid',
    env: 'KUBEWARDEN_DAEMON_PID_FILE',
  }),
  daemonStdoutFile: setting({
    group: 'Process',
    kind: file,
    about: 'its standard output',
    env: 'KUBEWARDEN_DAEMON_STDOUT_FILE',
  }),
  daemonStderrFile: setting({
    group: 'Process',
    kind: file,
    about: 'its standard error',
    env: 'KUBEWARDEN_DAEMON_STDERR_FILE',
  }),

  enableMetrics: setting({
    group: 'Telemetry',
    kind: flag,
    about: 'push metrics by OTLP over gRPC; OTEL_EXPORTER_OTLP_* say where',
    default: false,
    env: 'KUBEWARDEN_ENABLE_METRICS',
  }),
  enablePprof: setting({
    group: 'Telemetry',
    kind: flag,
    about: 'answer at /debug/pprof on the probe port, with 501: profiles are taken with node --inspect',
    default: false,
    env: 'KUBEWARDEN_ENABLE_PPROF',
  }),
  logLevel: setting({
    group: 'Telemetry',
    kind: choice('trace', 'debug', 'info', 'warn', 'error'),
    about: 'what is logged; trace is debug here',
    default: 'info',
    env: 'KUBEWARDEN_LOG_LEVEL',
  }),
  logFmt: setting({
    group: 'Telemetry',
    kind: choice('text', 'json', 'otlp'),
    about: 'how it is written; otlp is text, and spans are pushed by OTLP over gRPC',
    default: 'text',
    env: 'KUBEWARDEN_LOG_FMT',
    alias: 'log-format',
  }),
  logNoColor: setting({
    group: 'Telemetry',
    kind: presence,
    about: 'accepted for the original: the log has no colours',
    default: false,
    env: 'NO_COLOR',
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

type ValueOf<S> = S extends { readonly kind: Kind<infer T> }
  ? S extends { readonly default: unknown }
    ? T
    : T | undefined
  : never;

/** The settings of the server; undefined are those that nobody gave and that have no default of their own. */
export type ServerSettings = { readonly [K in SettingName]: ValueOf<(typeof SETTINGS)[K]> };

/** All settings by name, in the order of the table. */
export function settingEntries(): readonly (readonly [SettingName, Setting<unknown>])[] {
  // Each value of the table is a setting of its own type; together they are settings of unknown ones.
  return Object.entries(SETTINGS) as unknown as readonly (readonly [SettingName, Setting<unknown>])[];
}

/** `--flag` without the dashes. */
export function flagOf(name: SettingName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The variables of a setting, the strongest first. */
export function variablesOf(name: SettingName, { env }: Setting<unknown>): readonly string[] {
  const own = `OSTIARY_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
  return env === undefined ? [own] : [own, env];
}
