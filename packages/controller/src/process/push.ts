import { hasMetricsEndpoint, pushFamilies, type Family, type FamilyPush } from '@ostiary/telemetry';
import { podName } from './leader.ts';
import type { ControllerLog } from './log.ts';
import { POLICIES } from './metrics.ts';
import type { ControllerOptions } from './options.ts';

/** As the original has it (contract: controller §7). */
const PERIOD_MS = 2000;

const SERVICE = 'kubewarden-controller';

/**
 * Pushes the metrics by OTLP over gRPC, if that is wanted and it is said where to.
 *
 * @param read Gives the metrics as they are now
 */
export function startPush(
  { enableMetrics, exporter }: Pick<ControllerOptions, 'enableMetrics' | 'exporter'>,
  isLeading: () => boolean,
  read: () => readonly Family[],
  log: ControllerLog,
): FamilyPush | undefined {
  if (!enableMetrics || !hasMetricsEndpoint(exporter)) return undefined;
  return pushFamilies({
    service: { name: SERVICE, instance: podName() },
    periodMs: PERIOD_MS,
    env: { ...process.env, ...exporter },
    // Every replica knows all policies. Pushed by one, they can be added up.
    read: () => read().filter(({ name }) => name !== POLICIES || isLeading()),
    log,
  });
}
