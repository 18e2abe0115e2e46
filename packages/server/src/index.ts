export type {
  AdmissionModuleConfig,
  AuthenticationModuleConfig,
  AuthorizationModuleConfig,
  GateFiles,
  GatesConfig,
  ModuleConfig,
} from './config/types.ts';
export { ConfigError, type Problem } from './config/problem.ts';
export { readGatesConfig, type ReadGatesOptions } from './config/read.ts';
export {
  GenerateError,
  generateApiServerFiles,
  type GeneratedFile,
  type GenerateOptions,
} from './generate/generate.ts';
export type { ContextAwareResource, PoliciesConfig, PolicyConfig, PolicyModuleConfig } from './config/policy-types.ts';
export type { FailureMode } from './generation/context.ts';
export { LoadError } from './generation/errors.ts';
export type { PolicyListEntry } from './generation/policy-list.ts';
export type {
  FetchedModule,
  FetchOptions,
  ModuleSource,
  PolicyOptions,
  VerifiedModule,
  VerifyModule,
} from './generation/policy-options.ts';
export { TrackedFiles } from './generation/tracked-files.ts';
export {
  bump,
  createCapabilityThread,
  createVersions,
  slotOf,
  versionOf,
  type Answered,
  type AnswerHostCall,
  type CapabilitySettings,
  type CapabilityThread,
  type CapabilityThreadOptions,
  type HostGrants,
  type Questioner,
  type Validity,
  type Versions,
} from './hostcalls/index.ts';
export { createLog, type Log, type LogFields, type LogFormat, type LogLevel, type LogOptions } from './log.ts';
export { openClusterSource } from './cluster/open.ts';
export type { ClusterSource, ClusterSourceOptions } from './cluster/follow.ts';
export type { ConfigMapRef } from './cluster/config-map.ts';
export { serve, type RunningServer, type ServeOptions } from './serve.ts';
export type { HostCallOptions } from './serving/threads.ts';
export { developmentTls, type DevelopmentTls } from './tls/development.ts';
export { TlsError, type TlsFiles } from './tls/files.ts';
export { SettingsError } from './settings/errors.ts';
export { defaultText, settingsDocument, settingsOf } from './settings/document.ts';
export { parseFlag, resolveSettings, settingsSchema, type SettingSources } from './settings/resolve.ts';
export {
  flagOf,
  GROUPS,
  settingEntries,
  type Group,
  type ServerSettings,
  type Setting,
  type SettingName,
} from './settings/table.ts';
