import { condition, conditions, labelSelector } from '../crd/core.ts';
import {
  anyObject,
  array,
  atomic,
  boolean,
  describe,
  int32,
  int64,
  map,
  object,
  required,
  string,
} from '../crd/schema.ts';
import { words, type Infer, type ValidationRule } from '../crd/schema.ts';

/**
 * The schemas of the four policy kinds (contract: controller §1.1, §1.2), from which the types here and the CRDs come.
 * Members that the original leaves to its webhooks are required here as well, so that objects are checked also while no
 * controller runs.
 */

const names = required(atomic(string({ minLength: 1, maxLength: 253 }), { minItems: 1, maxItems: 256 }));

export const rule = object({
  apiGroups: required(atomic(string({ maxLength: 253 }), { minItems: 1, maxItems: 256 })),
  apiVersions: names,
  operations: names,
  resources: names,
  scope: words(['Cluster', 'Namespaced', '*']),
});

/** The API server takes 64 match conditions in a webhook. */
export const MAX_MATCH_CONDITIONS = 64;

const matchCondition = object({ name: required(string()), expression: required(string()) });

/** Seconds that an API server waits for a webhook at most, and the least that is worth the way. */
const seconds = { minimum: 2, maximum: 30 } as const;
export const MAX_TIMEOUT_SECONDS = seconds.maximum;
export const DEFAULT_TIMEOUT_SECONDS = 10;

const contextAwareResources = describe(
  'Resources of the cluster that the policy may read, of a PolicyServer whose service account may read them.',
  array(object({ apiVersion: required(string()), kind: required(string()) })),
);

const settings = describe('Handed to the policy as they are.', anyObject({ nullable: true }));
const module = describe(
  'Where the module is: registry://, https://, http:// or file://; without a scheme, in a registry.',
  string({ minLength: 1 }),
);
const timeoutEvalSeconds = describe(
  'Seconds that one evaluation may take; no more than timeoutSeconds.',
  int32(seconds),
);

const common = {
  policyServer: describe(
    'The PolicyServer that runs this policy. It can not be changed.',
    string({ default: 'default' }),
  ),
  mode: describe(
    'protect refuses and mutates; monitor only reports. A policy that protects can not go back to monitor.',
    words(['protect', 'monitor'], { default: 'protect' }),
  ),
  rules: describe('The requests that the policy sees.', required(array(rule, { minItems: 1, maxItems: 256 }))),
  failurePolicy: string(),
  backgroundAudit: describe(
    'Whether the audit scanner judges existing objects by this policy.',
    boolean({ default: true }),
  ),
  matchPolicy: string(),
  matchConditions: array(matchCondition, { maxItems: MAX_MATCH_CONDITIONS }),
  objectSelector: labelSelector,
  sideEffects: string(),
  timeoutSeconds: describe(
    'Seconds that the API server waits for an answer.',
    int32({ ...seconds, default: DEFAULT_TIMEOUT_SECONDS }),
  ),
};

const single = {
  module: required(module),
  settings,
  mutating: describe('Whether the policy changes objects.', required(boolean())),
  message: describe('Replaces the text of a rejection.', string()),
  timeoutEvalSeconds,
};

const clusterWide = {
  namespaceSelector: labelSelector,
  allowInsideAdmissionControllerNamespace: describe(
    'Whether the policy sees the namespace in which the policy servers run.',
    boolean(),
  ),
};

const grouped = {
  expression: describe(
    'Whether the group allows: ==, !=, ||, && and ! over calls of its members, such as a() && !b().',
    required(string({ minLength: 1, maxLength: 16_384 })),
  ),
  message: describe('The text of a rejection.', required(string({ minLength: 1 }))),
};

const member = { module: required(module), settings, timeoutEvalSeconds };

/** Members of a group. Rules over all of them need a bound; a name is a function of the expression. */
const memberBounds = { minProperties: 1, maxProperties: 256 } as const;

export const COMMON_RULES: readonly ValidationRule[] = [
  {
    rule: 'self.policyServer == oldSelf.policyServer',
    message: 'the policy server can not be changed; create another policy',
    fieldPath: '.policyServer',
    reason: 'FieldValueForbidden',
  },
  {
    rule: "!(oldSelf.mode == 'protect' && self.mode == 'monitor')",
    message: 'a policy that protects can not go back to monitor',
    fieldPath: '.mode',
    reason: 'FieldValueForbidden',
  },
];

const SINGLE_RULES: readonly ValidationRule[] = [
  ...COMMON_RULES,
  {
    rule: '!has(self.timeoutEvalSeconds) || self.timeoutEvalSeconds <= self.timeoutSeconds',
    message: 'must not be greater than timeoutSeconds',
    fieldPath: '.timeoutEvalSeconds',
    reason: 'FieldValueInvalid',
  },
];

const GROUP_RULES: readonly ValidationRule[] = [
  ...COMMON_RULES,
  {
    rule: "self.policies.all(name, name.matches('^[_a-zA-Z][_a-zA-Z0-9]*$'))",
    message: 'the names of members must be identifiers',
    fieldPath: '.policies',
    reason: 'FieldValueInvalid',
  },
  {
    rule: 'self.policies.all(name, !has(self.policies[name].timeoutEvalSeconds) || self.policies[name].timeoutEvalSeconds <= self.timeoutSeconds)',
    message: 'timeoutEvalSeconds of a member must not be greater than timeoutSeconds',
    fieldPath: '.policies',
    reason: 'FieldValueInvalid',
  },
];

const singleRules = { 'x-kubernetes-validations': SINGLE_RULES };
const groupRules = { 'x-kubernetes-validations': GROUP_RULES };

export const admissionPolicySpec = object({ ...common, ...single }, singleRules);
export const clusterAdmissionPolicySpec = object(
  { ...common, ...single, ...clusterWide, contextAwareResources },
  singleRules,
);
export const admissionPolicyGroupSpec = object(
  { ...common, ...grouped, policies: required(map(object(member), memberBounds)) },
  groupRules,
);
export const clusterAdmissionPolicyGroupSpec = object(
  {
    ...common,
    ...clusterWide,
    ...grouped,
    policies: required(map(object({ ...member, contextAwareResources }), memberBounds)),
  },
  groupRules,
);

/** What v1alpha2 had (contract: controller §1.5). */
const oldCommon = {
  policyServer: common.policyServer,
  mode: common.mode,
  module: required(module),
  settings,
  mutating: single.mutating,
  rules: common.rules,
  failurePolicy: string(),
  matchPolicy: string(),
  objectSelector: labelSelector,
  sideEffects: string(),
  timeoutSeconds: int32({ default: DEFAULT_TIMEOUT_SECONDS }),
};
const oldRules = { 'x-kubernetes-validations': COMMON_RULES };
export const admissionPolicySpecAlpha = object(oldCommon, oldRules);
export const clusterAdmissionPolicySpecAlpha = object({ ...oldCommon, namespaceSelector: labelSelector }, oldRules);

/** How many pods of a server run a revision of the configuration that has this object as it is now. */
export const serversStatus = describe(
  'Pods of the server that have acknowledged this generation of the object.',
  object({
    ready: describe('Pods that serve this generation.', required(int32({ minimum: 0 }))),
    total: describe('Pods that ought to.', required(int32({ minimum: 0 }))),
    revision: describe(
      'The revision of the configuration that brought the pods this version.',
      string({ maxLength: 253 }),
    ),
  }),
);

export const observedGeneration = describe(
  'The generation of the object that this status speaks of.',
  int64({ minimum: 0 }),
);

export const policyStatus = object({
  policyStatus: required(words(['unscheduled', 'scheduled', 'pending', 'active'])),
  mode: describe('The mode in which the running pods have the policy.', words(['protect', 'monitor', 'unknown'])),
  conditions,
  observedGeneration,
  servers: serversStatus,
});

export type Rule = Infer<typeof rule>;
export type Condition = Infer<typeof condition>;
export type PolicyStatus = Infer<typeof policyStatus>;
export type AdmissionPolicySpec = Infer<typeof admissionPolicySpec>;
export type ClusterAdmissionPolicySpec = Infer<typeof clusterAdmissionPolicySpec>;
export type AdmissionPolicyGroupSpec = Infer<typeof admissionPolicyGroupSpec>;
export type ClusterAdmissionPolicyGroupSpec = Infer<typeof clusterAdmissionPolicyGroupSpec>;
export type ServersStatus = Infer<typeof serversStatus>;
