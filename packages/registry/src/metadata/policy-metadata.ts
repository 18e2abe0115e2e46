/** How a module is called. */
export const EXECUTION_MODES = ['kubewarden-wapc', 'opa', 'gatekeeper', 'wasi'] as const;
export type ExecutionMode = (typeof EXECUTION_MODES)[number];

/** What a module judges: admission requests, or any JSON. */
export const POLICY_TYPES = ['kubernetes', 'raw'] as const;
export type PolicyType = (typeof POLICY_TYPES)[number];

/** The version of the waPC operations; modules of other kinds have none. */
export const PROTOCOL_VERSIONS = ['v1', 'Unknown'] as const;
export type ProtocolVersion = (typeof PROTOCOL_VERSIONS)[number];

/** What a rule may name as operation. */
export const OPERATIONS = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT', '*'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Requests that a policy is meant for. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly Operation[];
}

/** A kind of object that a policy wants to read. */
export interface ContextAwareResource {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What a policy says of itself (authoring contract §4.1), with all defaults filled in. */
export interface PolicyMetadata {
  /** Absent in a file that an author writes. */
  readonly protocolVersion?: ProtocolVersion;
  readonly rules: readonly PolicyRule[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly mutating: boolean;
  /** True by default. */
  readonly backgroundAudit: boolean;
  /** `kubewarden-wapc` by default. */
  readonly executionMode: ExecutionMode;
  /** `kubernetes` by default. */
  readonly policyType: PolicyType;
  readonly contextAwareResources: readonly ContextAwareResource[];
  /** Host operations that the author declares; informational. */
  readonly hostCapabilities?: readonly string[];
  /** `major.minor.patch`. */
  readonly minimumKubewardenVersion?: string;
}

/** Annotations that tools give a meaning to (authoring contract §4.4). */
export const ANNOTATION = {
  title: 'io.kubewarden.policy.title',
  version: 'io.kubewarden.policy.version',
  description: 'io.kubewarden.policy.description',
  author: 'io.kubewarden.policy.author',
  url: 'io.kubewarden.policy.url',
  ociUrl: 'io.kubewarden.policy.ociUrl',
  source: 'io.kubewarden.policy.source',
  license: 'io.kubewarden.policy.license',
  usage: 'io.kubewarden.policy.usage',
  severity: 'io.kubewarden.policy.severity',
  category: 'io.kubewarden.policy.category',
  tool: 'io.kubewarden.kwctl',
  hiddenUi: 'io.kubewarden.hidden-ui',
  displayName: 'io.artifacthub.displayName',
  resources: 'io.artifacthub.resources',
  keywords: 'io.artifacthub.keywords',
  releaseTag: 'com.github.release.tag',
} as const;

/** The values of the severity annotation, least first. */
export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];
