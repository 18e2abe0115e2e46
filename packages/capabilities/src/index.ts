export { createCapabilities } from './capabilities.ts';
export type { Capabilities, CapabilitiesOptions, CapabilityStats, QuestionResult } from './capabilities.ts';
export type { Backend, Fetched } from './backend.ts';
export { loadKubeConfig } from '@ostiary/kube';
export { localVersions } from './contract.ts';
export type {
  Answered,
  AnswerHostCall,
  CapabilityLog,
  HostGrants,
  Questioner,
  ResourceKind,
  Validity,
  Versions,
} from './contract.ts';
export { CapabilityError } from './errors.ts';
export type { CapabilityErrorCode } from './errors.ts';
export type { InventoryKind } from './inventory/document.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export type { CapabilityLimits } from './limits.ts';
export { REACH } from './oci/images.ts';
export { createLiveBackend } from './live.ts';
export type { LiveBackend, LiveOptions } from './live.ts';
export type { LookUp } from './net/names.ts';
export type { CapabilityRequest } from './request/request.ts';
export { recordSession } from './session/record.ts';
export type { RecordingBackend } from './session/record.ts';
export { replaySession } from './session/replay.ts';
export type { ReplayingBackend } from './session/replay.ts';
