export { admit, type AdmissionPhase } from './admit.ts';
export { authenticate, type AuthenticateOptions } from './authenticate.ts';
export { authorize } from './authorize.ts';
export { JsonError, type JsonErrorCode } from './json/error.ts';
export { type Member, type Members, scan } from './json/scan.ts';
export { select, type Selection } from './json/selection.ts';
export { MAX_DEPTH } from './json/value.ts';
export type {
  AdmissionModule,
  AuthenticationModule,
  AuthorizationModule,
  CallModule,
  Decision,
  GateAnswer,
  GateModule,
  ModuleFailure,
} from './module.ts';
export { applyPatch, MAX_PATCH_STEPS } from './patch/apply.ts';
export { type Change, diff, DIFF_LIMITS, type DiffLimits } from './patch/diff.ts';
export { PatchError, type PatchErrorCode } from './patch/error.ts';
export { type JsonObject, type JsonValue, parseLossless, type RawNumber } from './patch/json.ts';
export { matchesAny, type RequestAttributes, type Rule } from './rules.ts';
export { type PayloadKind, sampleInput, sampleRequest } from './sample.ts';
export { type CallSettingsValidation, type SettingsVerdict, validateSettings } from './settings.ts';
export * from './policy/index.ts';
