import type { Outcome } from '@ostiary/sandbox';
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

/** What a serving thread counts. Label values come from configuration and fixed words, never from requests. */
export class GateMetrics {
  readonly #requests = counterFamily('ostiary_gate_requests_total', 'Requests by gate and decision.');
  readonly #requestSeconds = histogramFamily(
    'ostiary_gate_request_duration_seconds',
    'Time from body to answer, by gate.',
  );
  readonly #calls = counterFamily('ostiary_module_calls_total', 'Module calls by gate, module, thread and result.');
  readonly #callSeconds = histogramFamily('ostiary_module_call_duration_seconds', 'Run time of module calls.');
  readonly #failures = counterFamily(
    'ostiary_module_failures_total',
    'Calls that gave no usable answer, for whatever reason, by gate and module.',
  );
  readonly #gates = new Map<string, HistogramCell>();
  readonly #decisions = new Map<string, Cell>();

  get families(): readonly Family[] {
    return [this.#requests, this.#requestSeconds, this.#calls, this.#callSeconds, this.#failures];
  }

  request(gate: string, decision: string, seconds: number): void {
    const key = `${gate} ${decision}`;
    let count = this.#decisions.get(key);
    if (!count) this.#decisions.set(key, (count = cellOf(this.#requests, { gate, decision })));
    count.value++;
    let duration = this.#gates.get(gate);
    if (!duration) this.#gates.set(gate, (duration = histogramOf(this.#requestSeconds, { gate })));
    observe(duration, seconds);
  }

  /** Also what returned normally and answered nothing that can be used. */
  failure(gate: string, module: string): void {
    cellOf(this.#failures, { gate, module }).value++;
  }

  /** A function that counts the calls of one module. */
  forModule(labels: Labels): (outcome: Outcome, thread: 'serving' | 'evaluation') => void {
    const duration = histogramOf(this.#callSeconds, labels);
    const ok = { serving: this.#call(labels, 'serving', 'ok'), evaluation: this.#call(labels, 'evaluation', 'ok') };
    return (outcome, thread) => {
      observe(duration, outcome.micros / 1e6);
      if (outcome.ok) ok[thread].value++;
      else this.#call(labels, thread, outcome.failure.code).value++;
    };
  }

  #call(labels: Labels, thread: string, result: string): Cell {
    return cellOf(this.#calls, { ...labels, thread, result });
  }
}
