import type { PoolStats } from '../evaluation/pool.ts';
import { modulesOf, policyError, type GenerationSpec } from '../generation/spec.ts';
import { gaugeFamily, type CellFamily, type Family, type Labels } from './registry.ts';

/** What the control thread knows when it is scraped. */
export interface ProcessReadings {
  readonly generation: GenerationSpec;
  readonly newestServes: boolean;
  readonly newestCertificatesServe: boolean;
  readonly pool: PoolStats;
  readonly servingThreads: number;
  readonly servingThreadsReplaced: number;
}

export function processFamilies(readings: ProcessReadings): Family[] {
  const { threads, busy, queued, replaced } = readings.pool;
  const { user, system } = process.cpuUsage();
  const one = (name: string, help: string, value: number): CellFamily => gaugeFamily(name, help, [[{}, value]]);
  return [
    gaugeFamily(
      'ostiary_module_info',
      'Modules that serve, and how their state is put back after a call.',
      info(readings.generation),
    ),
    gaugeFamily('ostiary_policies', 'Policies and groups by state.', policyStates(readings.generation)),
    one('ostiary_config_generation', 'Number of the generation that serves.', readings.generation.number),
    one(
      'ostiary_config_last_reload_successful',
      '1 if the newest configuration serves.',
      Number(readings.newestServes),
    ),
    one(
      'ostiary_certificates_last_reload_successful',
      '1 if the newest certificates serve.',
      Number(readings.newestCertificatesServe),
    ),
    one('ostiary_serving_threads', 'Threads that answer requests.', readings.servingThreads),
    one('ostiary_serving_threads_replaced', 'Serving threads replaced since start.', readings.servingThreadsReplaced),
    gaugeFamily('ostiary_evaluation_threads', 'Threads that run slow modules, by state.', [
      [{ state: 'busy' }, busy],
      [{ state: 'idle' }, threads - busy],
    ]),
    one('ostiary_evaluation_queue_length', 'Calls that wait for an evaluation thread.', queued),
    one('ostiary_evaluation_threads_replaced', 'Evaluation threads replaced since start.', replaced),
    one('process_resident_memory_bytes', 'Resident memory size in bytes.', process.memoryUsage.rss()),
    {
      ...one('process_cpu_seconds_total', 'User and system CPU time in seconds.', (user + system) / 1e6),
      type: 'counter',
    },
    one(
      'process_start_time_seconds',
      'Start time since the Unix epoch in seconds.',
      Math.round(performance.timeOrigin / 1000),
    ),
  ];
}

function policyStates({ policies }: GenerationSpec): (readonly [Labels, number])[] {
  const specs = [...(policies?.values() ?? [])];
  const failed = specs.filter((spec) => policyError(spec) !== undefined).length;
  return [
    [{ state: 'ready' }, specs.length - failed],
    [{ state: 'failed' }, failed],
  ];
}

/** `fresh` as isolation means that every call has an instance of its own. */
function info(generation: GenerationSpec): (readonly [Labels, number])[] {
  return modulesOf(generation).map(({ gate, module: { name, digest, guest } }) => {
    const { abi, snapshot } = guest.image;
    return [
      { gate, module: name, digest: `sha256:${digest}`, abi, isolation: snapshot === 'none' ? 'fresh' : snapshot },
      1,
    ];
  });
}
