import { isGroupKind, isNamespacedKind, POLICIES_GROUP, type PolicyKind } from '../api/names.ts';
import { DEFAULT_TIMEOUT_SECONDS } from '../api/policy.ts';
import { policyId, webhookName, type PolicyIdScheme } from '../api/policy-id.ts';
import { checkGroup } from './group.ts';
import { integer, member, sameJson, text } from './json.ts';
import { checkMatchConditions } from './match-conditions.ts';
import {
  forbidden,
  invalid,
  invalidStatus,
  missing,
  notSupported,
  type InvalidStatus,
  type Problem,
} from './problem.ts';
import { checkRules, type IsNamespaced } from './rules.ts';
import { checkSelector } from './selector.ts';

export interface PolicyContext {
  /** Answers for a resource, as discovery knows it; undefined if it does not, which is never held against a policy. */
  readonly isNamespaced: IsNamespaced;
  readonly idScheme?: PolicyIdScheme;
}

/** Names of webhooks and of their configurations are domain names. */
const MAX_WEBHOOK_NAME = 253;

/** Words that the API server takes in a webhook; others would be found out only when the webhook is written. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  failurePolicy: ['Fail', 'Ignore'],
  matchPolicy: ['Exact', 'Equivalent'],
  sideEffects: ['None', 'NoneOnDryRun'],
};

/**
 * Everything that is wrong with a policy (contract: controller §2.2, §2.3); empty if it may be stored. `old` is what it
 * replaces. An object that is being deleted, or whose spec stays as it was, is not judged again: whoever removes its
 * finalizer or labels it could not do anything about its spec.
 */
export function validatePolicy(
  kind: PolicyKind,
  object: unknown,
  old: unknown,
  context: PolicyContext,
): readonly Problem[] {
  const spec = member(object, 'spec');
  const oldSpec = member(old, 'spec');
  if (old !== undefined && (member(object, 'metadata', 'deletionTimestamp') !== undefined || sameJson(spec, oldSpec)))
    return [];
  return [
    ...(old === undefined ? checkName(kind, object, context) : checkChange(spec, oldSpec)),
    ...checkRules(spec, isNamespacedKind(kind), context.isNamespaced),
    ...checkMatchConditions(spec),
    ...checkWords(spec),
    ...checkSelector(spec, 'objectSelector'),
    ...(isNamespacedKind(kind) ? [] : checkSelector(spec, 'namespaceSelector')),
    ...(isGroupKind(kind) ? checkGroup(spec) : checkSingle(spec)),
  ];
}

/** The answer to a policy with problems. */
export function policyStatusOf(kind: PolicyKind, object: unknown, problems: readonly Problem[]): InvalidStatus {
  return invalidStatus(POLICIES_GROUP, kind, text(object, 'metadata', 'name'), problems);
}

function checkName(kind: PolicyKind, object: unknown, { idScheme }: PolicyContext): readonly Problem[] {
  const name = text(object, 'metadata', 'name');
  const namespace = isNamespacedKind(kind) ? text(object, 'metadata', 'namespace') : '';
  const derived = webhookName(policyId(kind, namespace, name, idScheme));
  return derived.length <= MAX_WEBHOOK_NAME
    ? []
    : [
        invalid(
          'metadata.name',
          name,
          `its webhook would be called by ${derived.length} characters, and at most ${MAX_WEBHOOK_NAME} are allowed`,
        ),
      ];
}

function checkChange(spec: unknown, old: unknown): readonly Problem[] {
  const server =
    text(spec, 'policyServer') === text(old, 'policyServer')
      ? []
      : [forbidden('spec.policyServer', 'the policy server can not be changed; create another policy')];
  const isRelaxed = text(old, 'mode') === 'protect' && text(spec, 'mode') === 'monitor';
  return isRelaxed ? [...server, forbidden('spec.mode', 'a policy that protects can not go back to monitor')] : server;
}

function checkWords(spec: unknown): readonly Problem[] {
  return Object.entries(WORDS).flatMap(([name, allowed]) => {
    const word = text(spec, name);
    return word === '' || allowed.includes(word) ? [] : [notSupported(`spec.${name}`, word, allowed)];
  });
}

function checkSingle(spec: unknown): readonly Problem[] {
  const module = text(spec, 'module') === '' ? [missing('spec.module', 'a policy must name its module')] : [];
  const own = integer(spec, 'timeoutEvalSeconds');
  const timeout = integer(spec, 'timeoutSeconds') ?? DEFAULT_TIMEOUT_SECONDS;
  return own === undefined || own <= timeout
    ? module
    : [...module, invalid('spec.timeoutEvalSeconds', own, `must not be greater than timeoutSeconds, ${timeout}`)];
}
