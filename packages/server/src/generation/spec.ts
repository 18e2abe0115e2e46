import type { AdmissionModule, AuthorizationModule, Expression, PolicyKind } from '@ostiary/policy';
import type { GuestSpec } from '../evaluation/protocol.ts';
import type { HostGrants } from '../hostcalls/contract.ts';

export type GateName = 'authentication' | 'authorization' | 'admission';

/** Where a module belongs: to a gate, or to the policies that are asked by their ids. */
export type Place = GateName | 'policy';

/** What each gate calls. */
export const OPERATIONS = { authentication: 'authn', authorization: 'authz', admission: 'validate' } as const;

/** A loaded module as plain data: what a serving thread needs to make it a member of its gate. */
export interface ModuleSpec {
  readonly name: string;
  readonly settings: string | undefined;
  readonly debug: boolean;
  /** sha256 of the file, hex. */
  readonly digest: string;
  /** Where a module of a gate was fetched from; undefined for files. */
  readonly source?: string | undefined;
  /** Where its image is kept while a generation uses it; equal for entries that share one. */
  readonly imageKey: string;
  /**
   * Everything that makes its guests what they are. A module of the next generation with the same identity is this one:
   * its guests stay, with what has been learned of them.
   */
  readonly identity: string;
  /** What it is usually asked. */
  readonly operation: string;
  readonly guest: GuestSpec;
  /** The usual time of a call in microseconds, from trial runs; undefined when they failed. */
  readonly usualMicros?: number | undefined;
}

/** A module of a gate that can't be loaded: each call of it fails with this. */
export interface FailedSpec {
  readonly name: string;
  readonly settings: undefined;
  readonly error: string;
}

export type GateModuleSpec = ModuleSpec | FailedSpec;
export type AuthorizationSpec = GateModuleSpec & Pick<AuthorizationModule, 'failurePolicy'>;
export type AdmissionSpec = GateModuleSpec & Pick<AdmissionModule, 'failurePolicy' | 'type' | 'mutating' | 'rules'>;

/** A loaded module that is a policy, or a member of a group. Its name is the id, of members `group/member`. */
export interface PolicyModuleSpec extends ModuleSpec {
  readonly kind: PolicyKind;
  readonly settings: string;
  readonly grants: HostGrants;
}

/** A policy's module, or the error that answers in its place. */
export type Loaded =
  | { readonly state: 'ready'; readonly module: PolicyModuleSpec }
  | { readonly state: 'failed'; readonly error: string };

interface PolicyBase {
  readonly id: string;
  readonly mode: 'protect' | 'monitor';
  /** Why a newer version of this entry does not serve; undefined when there is none. */
  readonly refused?: string | undefined;
}

export interface SinglePolicySpec extends PolicyBase {
  readonly kind: 'policy';
  readonly allowedToMutate: boolean;
  readonly message: string | undefined;
  /** As configured. */
  readonly url: string;
  readonly loaded: Loaded;
}

export interface PolicyGroupSpec extends PolicyBase {
  readonly kind: 'group';
  readonly message: string;
  readonly expression:
    | { readonly state: 'ready'; readonly tree: Expression }
    | { readonly state: 'failed'; readonly error: string };
  /** By name, in the order of the file. */
  readonly members: ReadonlyMap<string, { readonly url: string; readonly loaded: Loaded }>;
}

export type PolicySpec = SinglePolicySpec | PolicyGroupSpec;

/** A module of a gate whose newest version does not serve, while the gate goes on as it was. */
export interface RefusedModule {
  readonly gate: GateName;
  readonly name: string;
  readonly error: string;
}

/** One loaded configuration: every module of it is compiled, and its settings are accepted. */
export interface GenerationSpec {
  readonly number: number;
  /** Undefined: the gate is off. */
  readonly authentication: readonly GateModuleSpec[] | undefined;
  readonly authorization: readonly AuthorizationSpec[] | undefined;
  readonly admission: readonly AdmissionSpec[] | undefined;
  /** By id; undefined: no policies are served. */
  readonly policies?: ReadonlyMap<string, PolicySpec> | undefined;
  readonly refused?: readonly RefusedModule[] | undefined;
}

/** Every loaded module of a generation with its place, in the order of the files. */
export function modulesOf(spec: GenerationSpec): { readonly gate: Place; readonly module: ModuleSpec }[] {
  const gates = (['authentication', 'authorization', 'admission'] as const).flatMap((gate) =>
    (spec[gate] ?? []).flatMap((module) => ('guest' in module ? [{ gate, module }] : [])),
  );
  const policies = [...(spec.policies?.values() ?? [])].flatMap(policyModules);
  return [...gates, ...policies.map((module) => ({ gate: 'policy' as const, module }))];
}

/** The loaded modules of a policy or a group. */
export function policyModules(policy: PolicySpec): PolicyModuleSpec[] {
  return loadedOf(policy).flatMap((loaded) => (loaded.state === 'ready' ? [loaded.module] : []));
}

function loadedOf(policy: PolicySpec): Loaded[] {
  return policy.kind === 'policy' ? [policy.loaded] : [...policy.members.values()].map(({ loaded }) => loaded);
}

/** The error that answers for a policy; undefined when it can judge. A group without one of its members can't. */
export function policyError(policy: PolicySpec): string | undefined {
  if (policy.kind === 'group' && policy.expression.state === 'failed') return policy.expression.error;
  for (const loaded of loadedOf(policy)) if (loaded.state === 'failed') return loaded.error;
  return undefined;
}

/** Modules of gates that could not be loaded, whether they answer with their error or their older version goes on. */
export function failedModules(spec: GenerationSpec): readonly RefusedModule[] {
  const failed = (['authentication', 'authorization', 'admission'] as const).flatMap((gate) =>
    (spec[gate] ?? []).flatMap((module) =>
      'error' in module ? [{ gate, name: module.name, error: module.error }] : [],
    ),
  );
  return [...failed, ...(spec.refused ?? [])];
}
