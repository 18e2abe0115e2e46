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
export { LoadError } from './generation/errors.ts';
export { TrackedFiles } from './generation/tracked-files.ts';
export { createLog, type Log, type LogFields, type LogFormat, type LogLevel, type LogOptions } from './log.ts';
export { serve, type RunningServer, type ServeOptions } from './serve.ts';
export { developmentTls, type DevelopmentTls } from './tls/development.ts';
export { TlsError, type TlsFiles } from './tls/files.ts';
