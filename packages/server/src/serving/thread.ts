import { parentPort, workerData } from 'node:worker_threads';
import { controlOf, type Outcome } from '@ostiary/sandbox';
import { startFront, type Front } from '../http/front.ts';
import { releaseIdle } from '../idle.ts';
import { createLog } from '../log.ts';
import { GateMetrics } from '../metrics/gate-metrics.ts';
import { createGates } from './gates.ts';
import { makeGeneration, type ThreadContext } from './generation.ts';
import { Generations } from './generations.ts';
import { beat, HEARTBEAT_MS } from './heartbeat.ts';
import type { FromServing, ServingData, ToServing } from './protocol.ts';

/** The body of a serving thread: listens, decides, and runs quick guests itself. */
const data = workerData as ServingData;
const control = controlOf(data.control);
const metrics = new GateMetrics();
const log = createLog({ ...data.log, write: (line) => void process.stderr.write(line), now: () => new Date() });

const delegated = new Map<number, (outcome: Outcome) => void>();
let lastCall = 0;

const context: ThreadContext = {
  control,
  metrics,
  log,
  delegate: (key, operation, input) =>
    new Promise((settle) => {
      const id = ++lastCall;
      delegated.set(id, settle);
      tell({ type: 'call', id, key, operation, input });
    }),
};
const generations = new Generations(makeGeneration(data.generation, context), (number) =>
  tell({ type: 'released', number }),
);
let front: Front | undefined;

function tell(message: FromServing): void {
  parentPort?.postMessage(message);
}

async function start(): Promise<void> {
  const { host, port, shared, tls, apiAudiences } = data;
  const decide = createGates({ acquire: () => generations.acquire(), apiAudiences, metrics, log });
  try {
    front = await startFront({ host, port, shared, tls, decide });
    tell({ type: 'listening', port: front.port });
  } catch (error) {
    tell({ type: 'failed', message: (error as Error).message });
  }
}

async function receive(message: ToServing): Promise<void> {
  switch (message.type) {
    case 'prepare':
      // A thread that was started meanwhile has it already.
      if (!generations.has(message.spec.number)) generations.prepare(makeGeneration(message.spec, context));
      return tell({ type: 'prepared', number: message.spec.number });
    case 'activate':
      generations.activate(message.number);
      if (!generations.has(message.replaces)) tell({ type: 'released', number: message.replaces });
      return;
    case 'certificates':
      return front?.replaceCertificates(message.tls);
    case 'outcome':
      delegated.get(message.id)?.(message.outcome);
      return void delegated.delete(message.id);
    case 'collect':
      return tell({ type: 'families', families: metrics.families });
    case 'drain':
      await front?.drain(message.limitMs);
      return tell({ type: 'drained' });
  }
}

parentPort?.on('message', (message: ToServing) => void receive(message));
setInterval(() => beat(control), HEARTBEAT_MS);
releaseIdle(() => generations.all.flatMap(({ runners }) => runners));
void start();
