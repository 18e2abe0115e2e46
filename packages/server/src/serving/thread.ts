import { parentPort, workerData } from 'node:worker_threads';
import { controlOf } from '@ostiary/sandbox';
import { createRecorder } from '@ostiary/telemetry';
import { HostCallClient } from '../hostcalls/client.ts';
import type { Evaluated } from '../hostcalls/contract.ts';
import { startFront, type Front } from '../http/front.ts';
import { releaseIdle } from '../idle.ts';
import { createLog } from '../log.ts';
import { GateMetrics } from '../metrics/gate-metrics.ts';
import { PolicyMetrics } from '../metrics/policy-metrics.ts';
import { cellOf, counterFamily } from '../metrics/registry.ts';
import { evaluationOf } from '../telemetry/from-policy.ts';
import { createGates } from './gates.ts';
import { makeGeneration, type ThreadContext } from './generation.ts';
import { Generations, type Lease } from './generations.ts';
import { createPolicies, type PolicyRecord } from './policies.ts';
import { beat, HEARTBEAT_MS } from './heartbeat.ts';
import { logOfPolicies } from './policy-log.ts';
import type { FromServing, ServingData, ToServing } from './protocol.ts';

/** The body of a serving thread: listens, decides, and runs quick guests itself. */
const data = workerData as ServingData;
const control = controlOf(data.control);
const metrics = new GateMetrics();
const policyMetrics = new PolicyMetrics();
const refusals = counterFamily('ostiary_http_refused_total', 'Requests that got no decision, by status.');
const log = createLog({ ...data.log, write: (line) => void process.stderr.write(line), now: () => new Date() });

const delegated = new Map<number, (evaluated: Evaluated) => void>();
let lastCall = 0;

const hostCalls = data.hostCalls && new HostCallClient(data.hostCalls);

const context: ThreadContext = {
  control,
  askerOf: hostCalls && ((questioner, say) => hostCalls.asker(questioner, say)),
  policySays: logOfPolicies(log),
  metrics,
  log,
  delegate: (key, operation, input, facts) =>
    new Promise((settle) => {
      const id = ++lastCall;
      delegated.set(id, settle);
      tell({ type: 'call', id, key, operation, input, facts });
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
  const { host, port, shared, tls, apiAudiences, alwaysAcceptNamespace } = data;
  const acquire = (): Lease => generations.acquire();
  const decide = createGates({ acquire, apiAudiences, metrics, log });
  const policies = createPolicies({ acquire, alwaysAcceptNamespace, metrics: policyMetrics, log, record: telling() });
  try {
    front = await startFront({ host, port, shared, tls, decide, policies, refused });
    tell({ type: 'listening', port: front.port });
  } catch (error) {
    tell({ type: 'failed', message: (error as Error).message });
  }
}

/** What tells the exporter of evaluations, if there is one. Loads nothing of what exports. */
function telling(): ((record: PolicyRecord) => void) | undefined {
  const { telemetry } = data;
  if (!telemetry) return undefined;
  const recorder = createRecorder(telemetry);
  return (record) => recorder.record(evaluationOf(record, telemetry.spans));
}

function refused(status: number): void {
  cellOf(refusals, { status: String(status) }).value++;
}

async function receive(message: ToServing): Promise<void> {
  switch (message.type) {
    case 'prepare':
      // A thread that was started meanwhile has it already.
      if (!generations.has(message.spec.number)) {
        generations.prepare(makeGeneration(message.spec, context, generations.all));
      }
      return tell({ type: 'prepared', number: message.spec.number });
    case 'activate':
      generations.activate(message.number);
      if (!generations.has(message.replaces)) tell({ type: 'released', number: message.replaces });
      return;
    case 'certificates':
      return front?.replaceCertificates(message.tls);
    case 'outcome':
      delegated.get(message.id)?.(message.evaluated);
      return void delegated.delete(message.id);
    case 'collect':
      return tell({ type: 'families', families: [...metrics.families, ...policyMetrics.families, refusals] });
    case 'drain':
      await front?.drain(message.limitMs);
      return tell({ type: 'drained' });
  }
}

parentPort?.on('message', (message: ToServing) => void receive(message));
setInterval(() => beat(control), HEARTBEAT_MS);
// Generations share the runners of what has not changed.
releaseIdle(() => new Set(generations.all.flatMap(({ runners }) => [...runners.values()])));
void start();
