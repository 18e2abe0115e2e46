import { createHash } from 'node:crypto';
import { isNamespacedKind } from '../api/names.ts';
import { policyId, type PolicyIdScheme } from '../api/policy-id.ts';
import type { Policy, PolicyServer } from '../cluster/objects.ts';

/** The entry of one policy in `policies.yml`, by its ID (contract: controller §3.2). */
export type PolicyEntries = Readonly<Record<string, unknown>>;

export function idOf(policy: Policy, scheme: PolicyIdScheme): string {
  const { kind, metadata } = policy;
  return policyId(kind, isNamespacedKind(kind) ? (metadata.namespace ?? '') : '', metadata.name, scheme);
}

/** The entry of a policy. Members that are left out are left out by the original as well, and mean the same. */
export function entryOf(policy: Policy, server: PolicyServer): unknown {
  const { kind, metadata, spec } = policy;
  const hostCapabilities = capabilitiesOf(policy, server);
  const common = {
    namespacedName: {
      Namespace: isNamespacedKind(kind) ? (metadata.namespace ?? '') : '',
      Name: metadata.name,
    },
    policyMode: spec.mode ?? 'protect',
  };
  if (spec.policies !== undefined) {
    return {
      ...common,
      policies: Object.fromEntries(
        Object.entries(spec.policies).map(([name, { module, settings, timeoutEvalSeconds, contextAwareResources }]) => [
          name,
          {
            module,
            settings: settings ?? null,
            ...filled('contextAwareResources', contextAwareResources),
            ...(timeoutEvalSeconds === undefined ? {} : { timeoutEvalSeconds }),
            hostCapabilities,
          },
        ]),
      ),
      expression: spec.expression ?? '',
      message: spec.message ?? '',
    };
  }
  return {
    ...common,
    module: spec.module ?? '',
    allowedToMutate: spec.mutating === true,
    ...filled('contextAwareResources', spec.contextAwareResources),
    settings: spec.settings ?? null,
    ...(spec.message === undefined || spec.message === '' ? {} : { message: spec.message }),
    ...(spec.timeoutEvalSeconds === undefined ? {} : { timeoutEvalSeconds: spec.timeoutEvalSeconds }),
    hostCapabilities,
  };
}

function filled(name: string, list: readonly unknown[] | undefined): Readonly<Record<string, unknown>> {
  return list === undefined || list.length === 0 ? {} : { [name]: list };
}

/** Policies of the cluster may ask for everything. A missing list would mean nothing, so it is always written. */
function capabilitiesOf(policy: Policy, { spec }: PolicyServer): readonly string[] {
  return isNamespacedKind(policy.kind) ? (spec.namespacedPoliciesCapabilities ?? ['*']) : ['*'];
}

/** `sources.yml` of a PolicyServer; `{}` if it says nothing of registries. */
export function sourcesOf({ spec }: PolicyServer): unknown {
  const authorities = Object.entries(spec.sourceAuthorities ?? {}).map(([uri, certificates]) => [
    uri,
    certificates.map((data) => ({ type: 'Data', data })),
  ]);
  return {
    ...filled('insecure_sources', spec.insecureSources),
    ...(authorities.length === 0 ? {} : { source_authorities: Object.fromEntries(authorities) }),
  };
}

/** JSON in one line with the members of every object sorted: what says the same is the same text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** 64 bits of a hash tell apart what one server is ever given. */
const HASH_CHARACTERS = 16;

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARACTERS);
}
