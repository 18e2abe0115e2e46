// Loads nothing of OpenTelemetry: only the thread does, and only when something is pushed.
export { createRecorder, type Recorder, type TelemetryLink } from './evaluations/link.ts';
export type { EvaluationRecord, RequestFacts, ResponseFacts, Triple, Verdict } from './evaluations/record.ts';
export { startTelemetry, type Telemetry, type TelemetryOptions } from './evaluations/start.ts';
export type { Family, Sample } from './families/family.ts';
export { hasMetricsEndpoint, pushFamilies, type FamilyPush, type FamilyPushOptions } from './families/push.ts';
export type { Service } from './protocol.ts';
export type { TelemetryLog } from './worker.ts';
