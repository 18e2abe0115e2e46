import { parseQuantity } from '@ostiary/cel';
import { parseCapabilityPatterns } from '@ostiary/registry';
import { DEFAULT_READINESS_PORT, DEFAULT_WEBHOOK_PORT, POLICIES_GROUP, POLICY_SERVER_PREFIX } from '../api/names.ts';
import { MAX_POLICY_SERVER_NAME } from '../api/policy-server.ts';
import { entries, integer, member, sameJson, text, texts } from './json.ts';
import { invalid, invalidStatus, type InvalidStatus, type Problem } from './problem.ts';

/** What a PolicyServer refers to in the namespace of the stack. Contents are not asked for. */
export interface PolicyServerContext {
  /** The type of a Secret; undefined if there is none of that name. */
  readonly secretType: (name: string) => string | undefined;
  /** The keys of a ConfigMap; undefined if there is none of that name. */
  readonly configMapKeys: (name: string) => readonly string[] | undefined;
}

const PULL_SECRET_TYPE = 'kubernetes.io/dockerconfigjson';

/** Fields that name a ConfigMap, and the key that it must have. */
const CONFIG_MAPS = [
  ['verificationConfig', 'verification-config'],
  ['sigstoreTrustConfig', 'sigstore-trust-config'],
] as const;

/** Everything that is wrong with a PolicyServer (contract: controller §2.4); empty if it may be stored. */
export function validatePolicyServer(object: unknown, old: unknown, context: PolicyServerContext): readonly Problem[] {
  const spec = member(object, 'spec');
  const isUnchanged =
    member(object, 'metadata', 'deletionTimestamp') !== undefined || sameJson(spec, member(old, 'spec'));
  if (old !== undefined && isUnchanged) return [];
  return [
    ...(old === undefined ? checkName(text(object, 'metadata', 'name')) : []),
    ...checkPullSecret(spec, context),
    ...CONFIG_MAPS.flatMap(([field, key]) => checkConfigMap(spec, field, key, context)),
    ...checkBudget(spec),
    ...checkResources(spec),
    ...checkCapabilities(spec),
    ...checkPorts(spec),
  ];
}

/** The answer to a PolicyServer with problems. */
export function policyServerStatusOf(object: unknown, problems: readonly Problem[]): InvalidStatus {
  return invalidStatus(POLICIES_GROUP, 'PolicyServer', text(object, 'metadata', 'name'), problems);
}

function checkName(name: string): readonly Problem[] {
  if (name.length > MAX_POLICY_SERVER_NAME) {
    const detail = `must have at most ${MAX_POLICY_SERVER_NAME} characters, so that its Service can be called ${POLICY_SERVER_PREFIX}${name}`;
    return [invalid('metadata.name', name, detail)];
  }
  return name.includes('.')
    ? [invalid('metadata.name', name, 'must have no dots, which names of Services can not have')]
    : [];
}

function checkPullSecret(spec: unknown, { secretType }: PolicyServerContext): readonly Problem[] {
  const name = text(spec, 'imagePullSecret');
  if (name === '') return [];
  const type = secretType(name);
  if (type === PULL_SECRET_TYPE) return [];
  const detail = type === undefined ? 'there is no such Secret' : `the Secret is not of type ${PULL_SECRET_TYPE}`;
  return [invalid('spec.imagePullSecret', name, detail)];
}

function checkConfigMap(
  spec: unknown,
  field: string,
  key: string,
  { configMapKeys }: PolicyServerContext,
): readonly Problem[] {
  const name = text(spec, field);
  if (name === '') return [];
  const keys = configMapKeys(name);
  if (keys?.includes(key) === true) return [];
  const detail = keys === undefined ? 'there is no such ConfigMap' : `the ConfigMap has no key ${key}`;
  return [invalid(`spec.${field}`, name, detail)];
}

function checkBudget(spec: unknown): readonly Problem[] {
  const [least, most] = [member(spec, 'minAvailable'), member(spec, 'maxUnavailable')];
  return least === undefined || most === undefined
    ? []
    : [
        invalid(
          'spec',
          { minAvailable: least, maxUnavailable: most },
          'minAvailable and maxUnavailable can not both be set',
        ),
      ];
}

/** A quantity as JSON may have it: a text, or a number. */
function quantityOf(value: unknown): bigint | undefined {
  return typeof value === 'string' || typeof value === 'number' ? parseQuantity(String(value)) : undefined;
}

function checkResources(spec: unknown): readonly Problem[] {
  const limits = new Map(entries(spec, 'limits'));
  const negative = (['limits', 'requests'] as const).flatMap((list) =>
    entries(spec, list).flatMap(([name, value]) => {
      const amount = quantityOf(value);
      if (amount === undefined)
        return [invalid(`spec.${list}.${name}`, value, 'must be a quantity, such as 500m or 64Mi')];
      return amount < 0n ? [invalid(`spec.${list}.${name}`, value, 'must not be negative')] : [];
    }),
  );
  const above = entries(spec, 'requests').flatMap(([name, value]) => {
    const [request, limit] = [quantityOf(value), quantityOf(limits.get(name))];
    return request !== undefined && limit !== undefined && request > limit
      ? [invalid(`spec.requests.${name}`, value, `must not be greater than the limit of ${name}`)]
      : [];
  });
  return [...negative, ...above];
}

function checkCapabilities(spec: unknown): readonly Problem[] {
  const patterns = texts(spec, 'namespacedPoliciesCapabilities');
  const read = parseCapabilityPatterns(patterns);
  if (read.ok) return [];
  return read.problems.map(({ index, message }) =>
    invalid(`spec.namespacedPoliciesCapabilities[${index}]`, patterns[index] ?? '', message),
  );
}

function checkPorts(spec: unknown): readonly Problem[] {
  const webhook = integer(spec, 'webhookPort') ?? DEFAULT_WEBHOOK_PORT;
  const readiness = integer(spec, 'readinessProbePort') ?? DEFAULT_READINESS_PORT;
  return webhook === readiness
    ? [invalid('spec.readinessProbePort', readiness, 'must differ from the port of the webhook')]
    : [];
}
