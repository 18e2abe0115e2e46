export * from './api/names.ts';
export { policyId, webhookName } from './api/policy-id.ts';
export type { PolicyIdScheme } from './api/policy-id.ts';
export type {
  AdmissionPolicyGroupSpec,
  AdmissionPolicySpec,
  ClusterAdmissionPolicyGroupSpec,
  ClusterAdmissionPolicySpec,
  Condition,
  PolicyStatus,
  Rule,
  ServersStatus,
} from './api/policy.ts';
export type { PolicyServerSpec, PolicyServerStatus } from './api/policy-server.ts';
export type { AuthenticationModuleSpec, AuthorizationModuleSpec, ModuleStatus } from './api/module.ts';
export { chartFiles, manifestText } from './crd/files.ts';
export type { Resource } from './crd/manifest.ts';
export { OPEN_REPORT_RESOURCES, POLICY_REPORTS } from './crd/reports.ts';
export { RESOURCES } from './crd/resources.ts';
export { defaultObject, type PatchOperation } from './validate/default.ts';
export {
  formatProblem,
  invalidStatus,
  type InvalidStatus,
  type Problem,
  type ProblemType,
} from './validate/problem.ts';
export { moduleStatusOf, validateModule } from './validate/module.ts';
export { policyStatusOf, validatePolicy, type PolicyContext } from './validate/policy.ts';
export { policyServerStatusOf, validatePolicyServer, type PolicyServerContext } from './validate/policy-server.ts';
export type { IsNamespaced } from './validate/rules.ts';
export { cleanUp } from './process/cleanup.ts';
export { CONTROLLER_FLAGS, OptionsError, readOptions, spellFlags, type ControllerFlag } from './process/flags.ts';
export { createControllerLog, type ControllerLog } from './process/log.ts';
export type { CertificateSource, ControllerOptions, ImageKind } from './process/options.ts';
export { runController, type RunningController, type RunOverrides } from './process/run.ts';
