/** A kind of object that a policy may see; both spelled exactly as the cluster has them. */
export interface ContextAwareResource {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What a policy and a member of a group have in common (contract: policy-server §2). */
export interface PolicyModuleConfig {
  /** `file://`, `http://`, `https://` or `registry://`, or a path, or an image reference without a scheme. */
  readonly module: string;
  /** The text of a JSON object. */
  readonly settings: string;
  readonly contextAwareResources: readonly ContextAwareResource[];
  /** As written. None: no host call but tracing. */
  readonly hostCapabilities: readonly string[];
  /** The policy's own limit in milliseconds; undefined: the server's. */
  readonly timeoutMs: number | undefined;
  /** Where the entry stands, for messages: `FILE:LINE:COLUMN`. */
  readonly position: string;
}

export interface SinglePolicyConfig extends PolicyModuleConfig {
  readonly kind: 'policy';
  readonly mode: 'protect' | 'monitor';
  readonly allowedToMutate: boolean;
  /** Told to clients in place of the policy's own message. */
  readonly message: string | undefined;
}

export interface PolicyGroupConfig {
  readonly kind: 'group';
  readonly mode: 'protect' | 'monitor';
  readonly expression: string;
  readonly message: string;
  /** By name. */
  readonly members: ReadonlyMap<string, PolicyModuleConfig>;
  readonly position: string;
}

export type PolicyConfig = SinglePolicyConfig | PolicyGroupConfig;

/** Policies by id. */
export type PoliciesConfig = ReadonlyMap<string, PolicyConfig>;
