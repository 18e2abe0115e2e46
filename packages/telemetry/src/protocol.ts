import type { TelemetryLink } from './evaluations/link.ts';
import type { Family } from './families/family.ts';

/** Who exports. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win over both. */
export interface Service {
  readonly name: string;
  /** Tells replicas apart; undefined: they are not. */
  readonly instance?: string | undefined;
}

/** Records of evaluations, as metrics, as spans or as both. */
export interface EvaluationsData {
  readonly of: 'evaluations';
  readonly link: TelemetryLink;
  readonly metrics: boolean;
  readonly traces: boolean;
}

/** Metrics that the thread's owner has, asked for each time they are pushed. */
export interface FamiliesData {
  readonly of: 'families';
  readonly service: Service;
  /** Between two pushes, unless `OTEL_METRIC_EXPORT_INTERVAL` says otherwise. */
  readonly periodMs: number;
  /** When counters were 0, in milliseconds since 1970. */
  readonly startedAt: number;
}

/** What the thread that exports is born with. */
export type TelemetryData = EvaluationsData | FamiliesData;

/** Owner → thread. */
export type ToTelemetry =
  | { readonly type: 'stop' }
  /** The answer to `read`. */
  | { readonly type: 'families'; readonly families: readonly Family[] };

/** Thread → owner. */
export type FromTelemetry =
  | { readonly type: 'ready' }
  /** Asks for the families as they are now. */
  | { readonly type: 'read' }
  | { readonly type: 'problem'; readonly message: string }
  | { readonly type: 'stopped' };

/** What goes on in the thread. */
export interface Exporting {
  /** Takes the answer to `read`. */
  readonly answer?: (families: readonly Family[]) => void;
  /** Pushes what is left; may reject. */
  readonly stop: () => Promise<void>;
}
