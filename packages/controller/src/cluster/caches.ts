import { createInformer, type ApiResource, type Informer, type KubeClient, type KubeObject } from '@ostiary/kube';
import { POLICY_KINDS, POLICY_SERVER_PREFIX, type ModuleKind, type PolicyKind } from '../api/names.ts';
import type { PolicyIdScheme } from '../api/policy-id.ts';
import { POLICY_SERVER_LABEL, STACK } from '../desired/names.ts';
import { idOf } from '../desired/policies.ts';
import * as kinds from './kinds.ts';
import type { ConfigMap, GateModule, Pod, Policy, PolicyServer, Secret, WebhookConfiguration } from './objects.ts';

/** Copies of everything that the controller looks at. Nothing is read in any other way. */
export interface Caches {
  readonly policyServers: Informer<PolicyServer>;
  readonly policies: Readonly<Record<PolicyKind, Informer<Policy>>>;
  /** Empty where the API server does not have our own kinds. */
  readonly modules: readonly Informer<GateModule>[];
  readonly secrets: Informer<Secret>;
  readonly configMaps: Informer<ConfigMap>;
  readonly pods: Informer<Pod>;
  /** What else a PolicyServer owns, by plural. */
  readonly owned: Readonly<Record<OwnedPlural, Informer<KubeObject>>>;
  readonly scalers: Informer<KubeObject>;
  readonly validating: Informer<WebhookConfiguration>;
  readonly mutating: Informer<WebhookConfiguration>;
  readonly all: () => readonly Informer<KubeObject>[];
  readonly stop: () => Promise<void>;
}

export const OWNED = {
  deployments: kinds.DEPLOYMENTS,
  services: kinds.SERVICES,
  poddisruptionbudgets: kinds.BUDGETS,
  networkpolicies: kinds.NETWORK_POLICIES,
  serviceaccounts: kinds.SERVICE_ACCOUNTS,
  roles: kinds.ROLES,
  rolebindings: kinds.ROLE_BINDINGS,
} as const;
export type OwnedPlural = keyof typeof OWNED;

/** Policies of one PolicyServer. */
export const BY_SERVER = 'by-server';
/** Policies by the ID that their webhook is called by. */
export const BY_ID = 'by-id';

export interface CachesOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly idScheme: PolicyIdScheme;
  readonly moduleKinds: readonly ModuleKind[];
  /** Secrets whose contents are wanted beside those of the policy servers. */
  readonly secretNames: ReadonlySet<string>;
  readonly configMapNames: ReadonlySet<string>;
  readonly onError: (error: unknown) => void;
}

/** Starts to follow at once. */
export function startCaches(options: CachesOptions): Caches {
  const { client, namespace, idScheme, onError } = options;
  const started: Informer<KubeObject>[] = [];
  const follow = <T extends KubeObject>(
    resource: ApiResource,
    selection: { readonly namespace?: string; readonly labelSelector?: string } = {},
    transform: (object: KubeObject) => T | undefined = (object) => slim(object as T),
  ): Informer<T> => {
    const informer = createInformer<T>({ client, resource, ...selection, transform, onHandlerError: onError });
    started.push(informer);
    return informer;
  };
  const part = { labelSelector: labels(STACK) };
  const own = { namespace };
  const policies = Object.fromEntries(
    POLICY_KINDS.map((kind) => {
      const informer = follow<Policy>(kinds.POLICY_RESOURCES[kind]);
      informer.index(BY_SERVER, ({ spec }) => [spec.policyServer ?? '']);
      informer.index(BY_ID, (policy) => [idOf(policy, idScheme)]);
      return [kind, informer];
    }),
  ) as unknown as Caches['policies'];
  const owned = Object.fromEntries(
    Object.entries(OWNED).map(([plural, resource]) => [plural, follow(resource, own, ofPolicyServers)]),
  ) as unknown as Caches['owned'];
  const pods = follow<Pod>(kinds.PODS, { ...own, labelSelector: POLICY_SERVER_LABEL });
  pods.index(BY_SERVER, ({ metadata }) => [metadata.labels?.[POLICY_SERVER_LABEL] ?? '']);
  return {
    policies,
    owned,
    pods,
    policyServers: follow(kinds.POLICY_SERVERS),
    modules: options.moduleKinds.map((kind) => follow<GateModule>(kinds.MODULE_RESOURCES[kind])),
    secrets: follow<Secret>(kinds.SECRETS, own, (object) => withoutContents(object as Secret, options.secretNames)),
    configMaps: follow<ConfigMap>(kinds.CONFIG_MAPS, own, (object) =>
      withoutContents(object as ConfigMap, options.configMapNames),
    ),
    scalers: follow(kinds.SCALERS, own),
    validating: follow(kinds.VALIDATING, part),
    mutating: follow(kinds.MUTATING, part),
    all: () => started,
    stop: async () => {
      await Promise.all(started.map((informer) => informer.stop()));
    },
  };
}

function labels(wanted: Readonly<Record<string, string>>): string {
  return Object.entries(wanted)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** Who managed what is most of an object and nothing to us. */
function slim<T extends KubeObject>(object: T): T {
  const { managedFields: _managed, ...metadata } = object.metadata as KubeObject['metadata'] & {
    managedFields?: unknown;
  };
  return { ...object, metadata };
}

function ofPolicyServers(object: KubeObject): KubeObject | undefined {
  return object.metadata.name.startsWith(POLICY_SERVER_PREFIX) ? slim(object) : undefined;
}

/** Of what is not ours we only know which keys it has: nobody else's secrets are kept. */
function withoutContents<T extends ConfigMap | Secret>(object: T, wanted: ReadonlySet<string>): T {
  const { name } = object.metadata;
  const slimmed = slim(object);
  if (name.startsWith(POLICY_SERVER_PREFIX) || wanted.has(name)) return slimmed;
  const keys = Object.keys(object.data ?? {}).map((key) => [key, ''] as const);
  return { ...slimmed, data: Object.fromEntries(keys) };
}

export function policiesOf(caches: Caches, server: string): readonly Policy[] {
  return POLICY_KINDS.flatMap((kind) => caches.policies[kind].byIndex(BY_SERVER, server));
}

export function modulesOf(caches: Caches, server: string): readonly GateModule[] {
  return caches.modules.flatMap((cache) => cache.list().filter(({ spec }) => spec.policyServer === server));
}

/** The policy that a webhook configuration of this name belongs to. */
export function policyById(caches: Caches, id: string): Policy | undefined {
  return POLICY_KINDS.map((kind) => caches.policies[kind].byIndex(BY_ID, id)[0]).find((found) => found !== undefined);
}
