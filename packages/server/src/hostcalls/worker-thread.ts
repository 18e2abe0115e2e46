import { parentPort, workerData } from 'node:worker_threads';
import { createCapabilities, loadKubeConfig } from '@ostiary/capabilities';
import { createOciClient, lazyTrustRoot, loadCredentials, loadSources, type OciClient } from '@ostiary/registry';
import { createLog } from '../log.ts';
import type { CapabilityThreadData, FromCapabilities, ToCapabilities } from './worker-protocol.ts';
import { bump, slotOf, versionOf } from './versions.ts';

/** The body of the thread that answers host calls: knows Kubernetes and registries, runs no guest. */
const data = workerData as CapabilityThreadData;
const log = createLog({ ...data.log, write: (line) => void process.stderr.write(line), now: () => new Date() });
const { versions, kubeconfig, sigstoreTrustConfig, sigstoreCacheDir } = data;

const capabilities = createCapabilities({
  kube: async () => loadKubeConfig({ path: kubeconfig }),
  registry,
  trustRoot: trustRoot(),
  versions: {
    slotOf,
    read: (slot) => versionOf(versions, slot),
    bump: (slot) => bump(versions, slot),
  },
  log,
});

const waiting = new Map<number, AbortController>();
const STATS_EVERY_MS = 1000;

async function registry(): Promise<OciClient> {
  const { sourcesPath, dockerConfigJsonPath: path } = data;
  const { env } = process;
  const warn = (message: string): void => log('warn', 'registry credentials', { cause: message });
  const credentials = await loadCredentials({ path, env, warn });
  const sources = sourcesPath === undefined ? undefined : await loadSources(sourcesPath);
  return createOciClient({ sources, credentials, env });
}

function trustRoot(): ReturnType<typeof lazyTrustRoot> | undefined {
  if (sigstoreTrustConfig !== undefined) return lazyTrustRoot({ kind: 'trust-config', path: sigstoreTrustConfig });
  return sigstoreCacheDir === undefined ? undefined : lazyTrustRoot({ kind: 'tuf', cacheDir: sigstoreCacheDir });
}

function tell(message: FromCapabilities): void {
  parentPort?.postMessage(message);
}

async function answer(question: Exclude<ToCapabilities, { readonly type: 'leave' }>): Promise<void> {
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
  else void answer(message);
});
setInterval(() => tell({ type: 'stats', stats: capabilities.stats() }), STATS_EVERY_MS).unref();
