import { join } from 'node:path';
import { startDaemon, type Daemon } from '../daemon.ts';
import { ROOT } from '../ostiary.ts';
import { freePorts } from '../ports.ts';
import { NAMESPACE } from './names.ts';

const CLI = join(ROOT, 'packages', 'cli', 'bin', 'ostiary.js');
const LEASH = join(import.meta.dirname, '..', 'leash.ts');
const CLOCK = join(import.meta.dirname, 'clock.ts');

/** A replica of the controller, as a process of its own. */
export interface ControllerProcess {
  readonly daemon: Daemon;
  readonly metrics: () => Promise<string>;
  /** Stops the process in its tracks; its readiness probe would fail, and nobody sends it webhooks. */
  readonly freeze: () => void;
  readonly thaw: () => void;
}

export interface ControllerOptions {
  /** Default: that of the controller's account. */
  readonly kubeconfig?: string;
  /** More flags of Node. */
  readonly nodeFlags?: readonly string[];
  /** How far its clock is ahead of ours, in milliseconds. Default: 0. */
  readonly clockShiftMs?: number;
}

/** What a replica is started with. */
interface Launch {
  readonly name: string;
  readonly dir: string;
  /** Of the controller's account. */
  readonly kubeconfig: string;
  /** Beside those that every replica has, and after them. */
  readonly flags: readonly string[];
  readonly options: ControllerOptions;
}

interface Launched extends Pick<ControllerProcess, 'daemon' | 'metrics'> {
  /** Of its webhooks. */
  readonly port: number;
  readonly isReady: () => Promise<boolean>;
}

export async function launchController({ name, dir, kubeconfig, flags, options }: Launch): Promise<Launched> {
  const [port = 0, probe = 0, metrics = 0] = await freePorts(3);
  const daemon = await startDaemon({
    name,
    command: process.execPath,
    args: [
      CLI,
      'controller',
      '--leader-elect',
      `--deployments-namespace=${NAMESPACE}`,
      `--webhook-server-port=${port}`,
      `--health-probe-bind-address=127.0.0.1:${probe}`,
      `--metrics-bind-address=127.0.0.1:${metrics}`,
      ...flags,
    ],
    dir,
    cwd: ROOT,
    env: {
      NODE_OPTIONS: [`--import=${LEASH}`, `--import=${CLOCK}`, ...(options.nodeFlags ?? [])].join(' '),
      OSTIARY_E2E_CLOCK_SHIFT_MS: String(options.clockShiftMs ?? 0),
      KUBECONFIG: options.kubeconfig ?? kubeconfig,
    },
  });
  return {
    daemon,
    port,
    metrics: async () => (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text(),
    isReady: async () => (await fetch(`http://127.0.0.1:${probe}/readyz`).catch(() => undefined))?.status === 200,
  };
}
