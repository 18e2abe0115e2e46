import { authenticationModuleSpec, authorizationModuleSpec, moduleStatus } from '../api/module.ts';
import { OSTIARY_GROUP, POLICIES_GROUP } from '../api/names.ts';
import * as policy from '../api/policy.ts';
import {
  POLICY_SERVER_NAME_RULES,
  policyServerSpec,
  policyServerSpecAlpha,
  policyServerStatus,
} from '../api/policy-server.ts';
import type { Column, Resource, Version } from './manifest.ts';
import type { Schema } from './schema.ts';

const AGE: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const annotation = (name: string, key: string): Column => ({
  name,
  type: 'string',
  jsonPath: `.metadata.annotations['io\\.kubewarden\\.policy\\.${key}']`,
  priority: 1,
});

const column = (name: string, jsonPath: string, type: Column['type'] = 'string', description = ''): Column => ({
  name,
  type,
  jsonPath,
  ...(description === '' ? {} : { description }),
});

const BACKGROUND_AUDIT = column(
  'BackgroundAudit',
  '.spec.backgroundAudit',
  'boolean',
  'Whether existing objects are audited',
);
const BEFORE_AUDIT = [
  column('Policy Server', '.spec.policyServer', 'string', 'The policy server that runs the policy'),
  column('Mutating', '.spec.mutating', 'boolean', 'Whether the policy changes objects'),
];
const AFTER_AUDIT = [
  column('Mode', '.spec.mode', 'string', 'The mode that is asked for'),
  column('Observed mode', '.status.mode', 'string', 'The mode in which the pods run the policy'),
  column('Status', '.status.policyStatus', 'string', 'How far the policy has come'),
];
const SEVERITY = [annotation('Severity', 'severity'), annotation('Category', 'category')];

const POLICY_COLUMNS = [...BEFORE_AUDIT, BACKGROUND_AUDIT, ...AFTER_AUDIT, AGE, ...SEVERITY];

function policyV1(spec: Schema): Version {
  return {
    name: 'v1',
    storage: true,
    columns: POLICY_COLUMNS,
    members: { spec, status: policy.policyStatus },
    hasStatus: true,
  };
}

function policyV1alpha2(kind: string, spec: Schema): Version {
  return {
    name: 'v1alpha2',
    storage: false,
    deprecationWarning: `this version is deprecated; use ${POLICIES_GROUP}/v1 for ${kind}`,
    columns: [...BEFORE_AUDIT, ...AFTER_AUDIT],
    members: { spec, status: policy.policyStatus },
    hasStatus: true,
  };
}

const SERVER_COLUMNS = [
  column('Replicas', '.spec.replicas', 'string', 'Pods that are asked for'),
  column('Image', '.spec.image', 'string', 'The image of the policy server'),
];

const MODULE_COLUMNS = [
  column('Policy Server', '.spec.policyServer'),
  column('Order', '.spec.order', 'integer'),
  column('State', '.status.state'),
  column('Ready', '.status.servers.ready', 'integer', 'Pods that serve the module'),
  column('Total', '.status.servers.total', 'integer', 'Pods that ought to serve it'),
  AGE,
];

function moduleV1alpha1(spec: Schema): Version {
  return {
    name: 'v1alpha1',
    storage: true,
    columns: MODULE_COLUMNS,
    members: { spec, status: moduleStatus },
    hasStatus: true,
  };
}

/** The resources of the policy stack (contract: controller §1) and our own. */
export const RESOURCES: readonly Resource[] = [
  {
    group: POLICIES_GROUP,
    kind: 'PolicyServer',
    plural: 'policyservers',
    shortName: 'ps',
    scope: 'Cluster',
    description: 'A deployment of pods that run policies.',
    versions: [
      {
        name: 'v1',
        storage: true,
        columns: SERVER_COLUMNS,
        members: { spec: policyServerSpec, status: policyServerStatus },
        rules: POLICY_SERVER_NAME_RULES,
        hasStatus: true,
      },
      {
        name: 'v1alpha2',
        storage: false,
        deprecationWarning: `this version is deprecated; use ${POLICIES_GROUP}/v1 for PolicyServer`,
        columns: SERVER_COLUMNS,
        members: { spec: policyServerSpecAlpha, status: policyServerStatus },
        rules: POLICY_SERVER_NAME_RULES,
        hasStatus: true,
      },
    ],
  },
  {
    group: POLICIES_GROUP,
    kind: 'ClusterAdmissionPolicy',
    plural: 'clusteradmissionpolicies',
    shortName: 'cap',
    scope: 'Cluster',
    description: 'A policy for admission to the whole cluster.',
    versions: [
      policyV1(policy.clusterAdmissionPolicySpec),
      policyV1alpha2('ClusterAdmissionPolicy', policy.clusterAdmissionPolicySpecAlpha),
    ],
  },
  {
    group: POLICIES_GROUP,
    kind: 'AdmissionPolicy',
    plural: 'admissionpolicies',
    shortName: 'ap',
    scope: 'Namespaced',
    description: 'A policy for admission to its own namespace.',
    versions: [
      policyV1(policy.admissionPolicySpec),
      policyV1alpha2('AdmissionPolicy', policy.admissionPolicySpecAlpha),
    ],
  },
  {
    group: POLICIES_GROUP,
    kind: 'ClusterAdmissionPolicyGroup',
    plural: 'clusteradmissionpolicygroups',
    shortName: 'capg',
    scope: 'Cluster',
    description: 'Policies for admission to the whole cluster that decide together.',
    versions: [policyV1(policy.clusterAdmissionPolicyGroupSpec)],
  },
  {
    group: POLICIES_GROUP,
    kind: 'AdmissionPolicyGroup',
    plural: 'admissionpolicygroups',
    shortName: 'apg',
    scope: 'Namespaced',
    description: 'Policies for admission to their own namespace that decide together.',
    versions: [policyV1(policy.admissionPolicyGroupSpec)],
  },
  {
    group: OSTIARY_GROUP,
    kind: 'AuthenticationModule',
    plural: 'authenticationmodules',
    shortName: 'authnmod',
    scope: 'Cluster',
    description: 'A module that says who the bearer of a token is.',
    versions: [moduleV1alpha1(authenticationModuleSpec)],
  },
  {
    group: OSTIARY_GROUP,
    kind: 'AuthorizationModule',
    plural: 'authorizationmodules',
    shortName: 'authzmod',
    scope: 'Cluster',
    description: 'A module that says who may do what.',
    versions: [moduleV1alpha1(authorizationModuleSpec)],
  },
];
