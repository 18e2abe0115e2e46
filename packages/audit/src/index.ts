export { auditContinuously, type ContinuousOptions } from './continuous/continuous.ts';
export { auditAsLeader, type LeadOptions } from './continuous/lead.ts';
export { describeObject, SCHEMA } from './document/document.ts';
export type {
  DocumentFinding,
  NamespaceTotals,
  PolicyTotals,
  RunDocument,
  RunInfo,
  Totals,
} from './document/document.ts';
export type { Origin } from './document/tally.ts';
export { AuditError, type AuditErrorCode } from './errors.ts';
export type { TlsFiles } from './evaluate/connections.ts';
export {
  EvaluationError,
  type AdmissionResponse,
  type EvaluationErrorCode,
  type Evaluator,
} from './evaluate/evaluator.ts';
export { createLog, LOG_LEVELS, SILENT, type AuditLog, type LogFields, type LogLevel } from './log.ts';
export { createMetrics, type AuditMetrics } from './metrics/metrics.ts';
export { serveMetrics, type MetricsServer } from './metrics/serve.ts';
export { auditManifests, type Manifest, type ManifestAuditOptions } from './offline/manifests.ts';
export type { AuditOptions, Progress } from './options.ts';
export { compareRuns, readDocument, type Comparison } from './output/compare.ts';
export { FAIL_ON, hasViolations, type FailOn } from './output/fail-on.ts';
export { htmlReport } from './output/html/report.ts';
export { createProgressLine, type ProgressLine } from './output/progress.ts';
export { sarifLog } from './output/sarif.ts';
export { formatTable } from './output/table.ts';
export type { PlannedPolicy } from './plan/plan.ts';
export { readPolicies, type LoadedPolicies } from './policies/load.ts';
export type { Policy, PolicyKind, PolicyRef, Severity } from './policies/policy.ts';
export { isPolicyObject, readPolicy } from './policies/read.ts';
export type { ObjectReport } from './report/model.ts';
export { reportResource, type ReportResource } from './report/resource.ts';
export { serviceAccountUser, type AuditUser } from './request.ts';
export type { Checkpoint, CheckpointStore } from './resume/checkpoint.ts';
export { configMapCheckpoints, fileCheckpoints } from './resume/stores.ts';
export { runAudit, type RunResult } from './run.ts';
export {
  chooseReportKind,
  REPORT_KINDS,
  reportResources,
  type ReportKind,
  type ReportResources,
} from './store/kinds.ts';
export { createReportStore, removeAllReports, type ReportStore } from './store/store.ts';
