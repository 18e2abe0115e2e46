import type { KubeObject } from '@ostiary/kube';
import type { ModuleKind, PolicyKind } from '../api/names.ts';
import type { AuthenticationModuleSpec, AuthorizationModuleSpec, ModuleStatus } from '../api/module.ts';
import type { ClusterAdmissionPolicyGroupSpec, ClusterAdmissionPolicySpec, PolicyStatus } from '../api/policy.ts';
import type { PolicyServerSpec, PolicyServerStatus } from '../api/policy-server.ts';

/** Objects as the caches hold them. The API server has checked them by the schemas that these types come from. */

export interface PolicyServer extends KubeObject {
  readonly spec: PolicyServerSpec;
  readonly status?: PolicyServerStatus;
}

/** What any of the four kinds can have; a kind lacks what its schema does not name. */
export type AnyPolicySpec = Omit<ClusterAdmissionPolicySpec, 'module' | 'mutating'> &
  Partial<Pick<ClusterAdmissionPolicySpec, 'module' | 'mutating'>> &
  Partial<Pick<ClusterAdmissionPolicyGroupSpec, 'policies' | 'expression'>>;

export interface Policy extends KubeObject {
  readonly kind: PolicyKind;
  readonly spec: AnyPolicySpec;
  readonly status?: PolicyStatus;
}

export interface GateModule extends KubeObject {
  readonly kind: ModuleKind;
  readonly spec: AuthenticationModuleSpec & Partial<Pick<AuthorizationModuleSpec, 'failurePolicy'>>;
  readonly status?: ModuleStatus;
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface Secret extends KubeObject {
  readonly type?: string;
  /** base64. */
  readonly data?: Readonly<Record<string, string>>;
}

export interface ContainerStatus {
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
  readonly lastState?: { readonly terminated?: { readonly reason?: string; readonly message?: string } };
}

export interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface WebhookClientConfig {
  readonly caBundle?: string;
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly path?: string;
    readonly port?: number;
  };
}

export interface Webhook {
  readonly name: string;
  readonly clientConfig: WebhookClientConfig;
  readonly [member: string]: unknown;
}

export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly Webhook[];
}
