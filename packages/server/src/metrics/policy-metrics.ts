import { requestedKind, type PolicyRequest, type PolicyResponse } from '@ostiary/policy';
import {
  cellOf,
  counterFamily,
  histogramFamily,
  histogramOf,
  observe,
  type Cell,
  type Family,
  type HistogramCell,
  type Labels,
} from './registry.ts';

/** Milliseconds; the original's (contract: policy-server §11.1). */
const LATENCY_BUCKETS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000] as const;

/**
 * Series per thread that may have labels from requests. A cluster with 100 policies and 20 namespaces that are busy
 * stays below; whoever can send requests can make up kinds and namespaces, which then count together.
 */
export const MAX_SERIES = 5000;

/** Kubernetes' own names are at most this long. */
const MAX_LABEL = 253;
const OTHER = '(other)';

/** An evaluation to be counted: the verdict is the policy's own. */
export interface Evaluation {
  readonly policy: string;
  readonly mode: 'protect' | 'monitor';
  readonly origin: 'validate' | 'audit' | 'validate_raw';
  readonly request: PolicyRequest;
  readonly verdict: PolicyResponse;
  readonly ms: number;
}

interface Series {
  readonly count: Cell;
  readonly latency: HistogramCell;
}

/** What policy-server counts, by its names and labels. */
export class PolicyMetrics {
  readonly #evaluations = counterFamily(
    'kubewarden_policy_evaluations_total',
    'Evaluations of policies by policy, request and verdict.',
  );
  readonly #latency = histogramFamily(
    'kubewarden_policy_evaluation_latency_milliseconds',
    'Time that evaluations of policies took.',
    LATENCY_BUCKETS,
  );
  readonly #series = new Map<string, Series>();

  get families(): readonly Family[] {
    return [this.#evaluations, this.#latency];
  }

  evaluated(evaluation: Evaluation): void {
    const { count, latency } = this.#seriesOf(evaluation);
    count.value++;
    observe(latency, evaluation.ms);
  }

  /** A request to a policy that could not be loaded; the error itself would be a label without bound. */
  unready(policy: string): void {
    cellOf(this.#evaluations, { policy_name: policy, initialization_error: 'true' }).value++;
  }

  #seriesOf({ policy, mode, origin, request, verdict }: Evaluation): Series {
    const { operation, namespace, raw } = request;
    const kind = raw ? '' : requestedKind(request);
    const code = verdict.status?.code ?? '';
    const outcome = `${verdict.allowed ? 'y' : 'n'}${verdict.patch === undefined ? '' : 'm'}${code}`;
    const key = `${policy}\n${mode}${raw ? 'raw' : origin}${outcome}\n${operation}\n${kind}\n${namespace}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const own = labelsOf({ policy, mode, verdict });
    if (raw) return this.#make(key, own);
    const full = this.#series.size >= MAX_SERIES;
    const bounded = (text: string): string => (full || text.length > MAX_LABEL ? OTHER : text);
    const labels = {
      ...own,
      resource_kind: bounded(kind),
      resource_request_operation: bounded(operation),
      request_origin: origin,
      ...(namespace !== '' && { resource_namespace: bounded(namespace) }),
    };
    // Beyond the bound the series are looked up by their labels, of which there are few then.
    return full || key.length > 4 * MAX_LABEL ? this.#find(labels) : this.#make(key, labels);
  }

  #make(key: string, labels: Labels): Series {
    const series = this.#find(labels);
    this.#series.set(key, series);
    return series;
  }

  #find(labels: Labels): Series {
    return { count: cellOf(this.#evaluations, labels), latency: histogramOf(this.#latency, labels) };
  }
}

function labelsOf({ policy, mode, verdict }: Pick<Evaluation, 'policy' | 'mode' | 'verdict'>): Labels {
  const { allowed, patch, status } = verdict;
  return {
    policy_name: policy,
    policy_mode: mode,
    accepted: String(allowed),
    mutated: String(patch !== undefined),
    ...(status?.code !== undefined && { error_code: String(status.code) }),
  };
}
