import { availableParallelism, cpus, loadavg } from 'node:os';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly date: string;
  /** Running tasks, averaged over the last minute: above zero others have used the cores. */
  readonly load: number;
}

export function describeMachine(now: Date): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.versions.node,
    date: now.toISOString().slice(0, 16),
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}
