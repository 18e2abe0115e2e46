import { parentPort, workerData } from 'node:worker_threads';
import { createCapabilities, loadKubeConfig, REACH } from '@ostiary/capabilities';
import { openReach } from '@ostiary/registry';
import { createLog } from '../log.ts';
import { followReach } from './reach.ts';
import type { CapabilityThreadData, FromCapabilities, ToCapabilities } from './worker-protocol.ts';
import { bump, slotOf, versionOf } from './versions.ts';

/** The body of the thread that answers host calls: knows Kubernetes and registries, runs no guest. */
const data = workerData as CapabilityThreadData;
const log = createLog({ ...data.log, write: (line) => void process.stderr.write(line), now: () => new Date() });
const { versions, kubeconfig } = data;
const { env } = process;

const reach = followReach({
  open: (old) => openReach(data, { env, warn: (cause) => log('warn', 'registry credentials', { cause }) }, old),
  replaced: () => bump(versions, slotOf(REACH)),
  log,
});

const capabilities = createCapabilities({
  kube: async () => loadKubeConfig({ path: kubeconfig }),
  registry: async () => (await reach.current()).client,
  trustRoot: async () => (await reach.current()).trustRoot(),
  versions: {
    slotOf,
    read: (slot) => versionOf(versions, slot),
    bump: (slot) => bump(versions, slot),
  },
  log,
});

const waiting = new Map<number, AbortController>();
const STATS_EVERY_MS = 1000;

function tell(message: FromCapabilities): void {
  parentPort?.postMessage(message);
}

async function answer(question: Extract<ToCapabilities, { readonly type: 'ask' | 'inventory' }>): Promise<void> {
  const { id, questioner } = question;
  const controller = new AbortController();
  waiting.set(id, controller);
  try {
    const { signal } = controller;
    const { contextAwareResources } = questioner.grants;
    const answered =
      question.type === 'ask'
        ? await capabilities.answer(question.call, questioner, signal)
        : await capabilities.inventory(question.kind, contextAwareResources, questioner.policy, signal);
    tell({ type: 'answered', id, answered });
  } catch (error) {
    tell({ type: 'broken', id, cause: error instanceof Error ? error.message : String(error) });
  } finally {
    waiting.delete(id);
  }
}

parentPort?.on('message', (message: ToCapabilities) => {
  if (message.type === 'leave') waiting.get(message.id)?.abort();
  else if (message.type === 'reload') reach.reload();
  else void answer(message);
});
setInterval(() => tell({ type: 'stats', stats: capabilities.stats() }), STATS_EVERY_MS).unref();
