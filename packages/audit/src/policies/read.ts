import { parseLabelSelector, SelectorError, type KubeObject, type LabelSelector } from '@ostiary/kube';
import { AuditError } from '../errors.ts';
import { isRecord, listAt, numberAt, recordAt, textAt, textsAt, type JsonRecord } from '../json.ts';
import {
  describePolicy,
  isNamespacedPolicy,
  SEVERITIES,
  type MatchCondition,
  type Policy,
  type PolicyKind,
  type Rule,
  type Severity,
} from './policy.ts';

export const POLICIES_GROUP = 'policies.kubewarden.io';

export const POLICY_KINDS: readonly PolicyKind[] = [
  'ClusterAdmissionPolicy',
  'AdmissionPolicy',
  'ClusterAdmissionPolicyGroup',
  'AdmissionPolicyGroup',
];

/** What the API server waits for a webhook that says nothing of it. */
const DEFAULT_TIMEOUT_SECONDS = 10;

const ANNOTATIONS = {
  severity: 'io.kubewarden.policy.severity',
  category: 'io.kubewarden.policy.category',
  title: 'io.artifacthub.displayName',
} as const;

/** Whether an object is one of the four policy kinds, in whatever version. */
export function isPolicyObject({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): boolean {
  return apiVersion.startsWith(`${POLICIES_GROUP}/`) && POLICY_KINDS.some((one) => one === kind);
}

/**
 * Reads a policy as the API server or a file has it. `source` says whether it needs a webhook to count: one from a file
 * has no status. Throws AuditError `bad-policy`.
 */
export function readPolicy(object: KubeObject, source: 'cluster' | 'file'): Policy {
  const kind = POLICY_KINDS.find((one) => one === object.kind);
  if (kind === undefined) throw new AuditError('bad-policy', `${object.kind} is no kind of policy`);
  const { metadata } = object;
  const given = metadata.namespace ?? (source === 'file' ? 'default' : '');
  const ref = { kind, namespace: isNamespacedPolicy({ kind }) ? given : '', name: metadata.name };
  const spec = recordAt(object, 'spec');
  const fail = (what: string): never => {
    throw new AuditError('bad-policy', `${describePolicy(ref)}: ${what}`);
  };
  const rules = listAt(spec, 'rules').map(readRule);
  if (rules.length === 0) fail('spec.rules: is missing');
  const annotation = (name: keyof typeof ANNOTATIONS): string | undefined =>
    textAt(metadata.annotations, ANNOTATIONS[name]);
  return {
    ...ref,
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    resourceVersion: metadata.resourceVersion ?? '',
    policyServer: textAt(spec, 'policyServer') ?? 'default',
    mode: textAt(spec, 'mode') === 'monitor' ? 'monitor' : 'protect',
    mutating: spec['mutating'] === true,
    contextAware: isContextAware(spec),
    backgroundAudit: spec['backgroundAudit'] !== false,
    active: source === 'file' || textAt(recordAt(object, 'status'), 'policyStatus') === 'active',
    rules,
    matchPolicy: textAt(spec, 'matchPolicy') === 'Exact' ? 'Exact' : 'Equivalent',
    matchConditions: listAt(spec, 'matchConditions').map(readMatchCondition),
    failurePolicy: textAt(spec, 'failurePolicy') === 'Ignore' ? 'Ignore' : 'Fail',
    objectSelector: readSelector(spec, 'objectSelector', fail),
    namespaceSelector: readSelector(spec, 'namespaceSelector', fail),
    allowInsideDeploymentsNamespace: spec['allowInsideAdmissionControllerNamespace'] === true,
    timeoutMs: (numberAt(spec, 'timeoutSeconds') ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
    severity: readSeverity(annotation('severity')),
    category: annotation('category'),
    title: annotation('title'),
  };
}

function readRule(value: unknown): Rule {
  const scope = textAt(value, 'scope');
  return {
    apiGroups: textsAt(value, 'apiGroups'),
    apiVersions: textsAt(value, 'apiVersions'),
    operations: textsAt(value, 'operations'),
    resources: textsAt(value, 'resources'),
    scope: scope === 'Cluster' || scope === 'Namespaced' ? scope : '*',
  };
}

function readMatchCondition(value: unknown): MatchCondition {
  return { name: textAt(value, 'name') ?? '', expression: textAt(value, 'expression') ?? '' };
}

/** A selector that can't be understood must not select everything. */
function readSelector(spec: JsonRecord, name: string, fail: (what: string) => never): LabelSelector | undefined {
  const value = spec[name];
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) return fail(`spec.${name}: is not an object`);
  const selector = value as LabelSelector;
  try {
    parseLabelSelector(selector);
    return selector;
  } catch (error) {
    if (error instanceof SelectorError || error instanceof TypeError) return fail(`spec.${name}: ${error.message}`);
    throw error;
  }
}

function isContextAware(spec: JsonRecord): boolean {
  const members = Object.values(recordAt(spec, 'policies'));
  return [spec, ...members].some((one) => listAt(one, 'contextAwareResources').length > 0);
}

function readSeverity(text: string | undefined): Severity | undefined {
  return SEVERITIES.find((severity) => severity === text?.toLowerCase());
}
