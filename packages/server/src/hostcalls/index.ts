export { HostCallClient, type ClientOptions } from './client.ts';
export type {
  Answered,
  AnswerHostCall,
  Asker,
  CallFacts,
  Evaluated,
  HostGrants,
  Questioner,
  Validity,
} from './contract.ts';
export { converse } from './converse.ts';
export { HostSession } from './session.ts';
export { keyOf } from './key.ts';
export { serveHostCalls, shared, type ServiceOptions } from './service.ts';
export { bump, createVersions, slotOf, versionOf, type Versions } from './versions.ts';
export { createCapabilityThread, type CapabilityThread, type CapabilityThreadOptions } from './worker.ts';
export type { CapabilitySettings } from './worker-protocol.ts';
