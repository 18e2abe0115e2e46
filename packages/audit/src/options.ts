import type { Clock, KubeClient } from '@ostiary/kube';
import type { TlsFiles } from './evaluate/connections.ts';
import type { Evaluator } from './evaluate/evaluator.ts';
import type { AuditLog } from './log.ts';
import type { AuditMetrics } from './metrics/metrics.ts';
import type { PolicyRef } from './policies/policy.ts';
import type { ObjectReport } from './report/model.ts';
import type { AuditUser } from './request.ts';
import type { CheckpointStore } from './resume/checkpoint.ts';
import type { ReportStore } from './store/store.ts';

/** How to audit a cluster. */
export interface AuditOptions {
  readonly client: KubeClient;
  /** Where the stack runs; left out of scans of everything unless policies look into it. */
  readonly deploymentsNamespace: string;
  /** The names that a policy may have on its server, the likeliest first. */
  readonly idsOf: (policy: PolicyRef) => readonly string[];
  /** In place of the Services of the policy servers. */
  readonly policyServerUrl?: string | undefined;
  readonly tls: TlsFiles;
  /** In place of policy servers. */
  readonly evaluator?: Evaluator | undefined;
  /** Default: the scanner's service account. */
  readonly user?: AuditUser | undefined;
  /** Only this namespace; `ignoreNamespaces` doesn't count then. */
  readonly namespace?: string | undefined;
  /** Only objects without a namespace. */
  readonly clusterOnly?: boolean | undefined;
  readonly ignoreNamespaces: ReadonlySet<string>;
  readonly pageSize: number;
  /** Objects that are looked at together. */
  readonly parallelObjects: number;
  /** Policies of one object that are asked together. */
  readonly parallelPolicies: number;
  /** The bound on evaluations under way; how many there really are follows the servers. */
  readonly maxInFlight: number;
  /** Absent: nothing is written, and nothing removed. */
  readonly store?: ReportStore | undefined;
  readonly checkpoints?: CheckpointStore | undefined;
  /** How long an outage of a policy server is borne. Default: 30 s. */
  readonly patienceMs?: number | undefined;
  readonly log: AuditLog;
  readonly metrics?: AuditMetrics | undefined;
  readonly onReport?: ((report: ObjectReport) => void) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How far a pass has come. */
export interface Progress {
  /** The resource that is being walked, `apps/deployments` for instance. */
  readonly unit: string;
  readonly unitsDone: number;
  readonly units: number;
  readonly objects: number;
  readonly failures: number;
  readonly errors: number;
  readonly limit: number;
}
