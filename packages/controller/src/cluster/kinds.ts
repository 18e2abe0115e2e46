import { resource, type ApiResource } from '@ostiary/kube';
import { OSTIARY_GROUP, POLICIES_GROUP, type ModuleKind, type PolicyKind } from '../api/names.ts';

/** The resources that the controller reads and writes, as the API serves them. */

const status = { subresources: ['status'] } as const;
const cluster = { namespaced: false } as const;
const policies = `${POLICIES_GROUP}/v1`;
const modules = `${OSTIARY_GROUP}/v1alpha1`;

export const POLICY_SERVERS = resource(policies, 'PolicyServer', 'policyservers', { ...cluster, ...status });

export const POLICY_RESOURCES: Readonly<Record<PolicyKind, ApiResource>> = {
  ClusterAdmissionPolicy: resource(policies, 'ClusterAdmissionPolicy', 'clusteradmissionpolicies', {
    ...cluster,
    ...status,
  }),
  AdmissionPolicy: resource(policies, 'AdmissionPolicy', 'admissionpolicies', status),
  ClusterAdmissionPolicyGroup: resource(policies, 'ClusterAdmissionPolicyGroup', 'clusteradmissionpolicygroups', {
    ...cluster,
    ...status,
  }),
  AdmissionPolicyGroup: resource(policies, 'AdmissionPolicyGroup', 'admissionpolicygroups', status),
};

export const MODULE_KINDS: readonly ModuleKind[] = ['AuthenticationModule', 'AuthorizationModule'];

export const MODULE_RESOURCES: Readonly<Record<ModuleKind, ApiResource>> = {
  AuthenticationModule: resource(modules, 'AuthenticationModule', 'authenticationmodules', { ...cluster, ...status }),
  AuthorizationModule: resource(modules, 'AuthorizationModule', 'authorizationmodules', { ...cluster, ...status }),
};

export const SECRETS = resource('v1', 'Secret', 'secrets');
export const CONFIG_MAPS = resource('v1', 'ConfigMap', 'configmaps');
export const SERVICES = resource('v1', 'Service', 'services');
export const SERVICE_ACCOUNTS = resource('v1', 'ServiceAccount', 'serviceaccounts');
export const PODS = resource('v1', 'Pod', 'pods', status);
export const DEPLOYMENTS = resource('apps/v1', 'Deployment', 'deployments', status);
export const REVISIONS = resource('apps/v1', 'ControllerRevision', 'controllerrevisions');
export const BUDGETS = resource('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', status);
export const NETWORK_POLICIES = resource('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies');
export const ROLES = resource('rbac.authorization.k8s.io/v1', 'Role', 'roles');
export const ROLE_BINDINGS = resource('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings');

const admission = 'admissionregistration.k8s.io/v1';
export const VALIDATING = resource(
  admission,
  'ValidatingWebhookConfiguration',
  'validatingwebhookconfigurations',
  cluster,
);
export const MUTATING = resource(admission, 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', cluster);
export const SCALERS = resource('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', status);
