import type { KubeClient } from '@ostiary/kube';
import type { GatesConfig } from '../config/types.ts';
import type { Log } from '../log.ts';
import type { RunningServer } from '../serve.ts';
import { createAcknowledger, type Acknowledgement } from './acknowledge.ts';
import { followConfigMap, readSnapshot, type ConfigMapRef, type Snapshot } from './config-map.ts';

export interface ClusterSourceOptions {
  readonly client: KubeClient;
  readonly configMap: ConfigMapRef;
  /** The pod that says what it serves; undefined: nobody is told. */
  readonly pod: ConfigMapRef | undefined;
  readonly log: Log;
}

/** A configuration that comes from the cluster, and goes on coming. */
export interface ClusterSource {
  /** Reads the newest state; waits for the first. Throws ConfigError. */
  readonly readConfig: () => Promise<GatesConfig>;
  /** From now on every change is loaded, and what became of it is said. */
  readonly drive: (server: RunningServer) => void;
  readonly stop: () => Promise<void>;
}

/** What failed a moment ago may work now, without a change: a registry may be back. */
const LOOK_AGAIN_MS = 2000;

/** Follows a ConfigMap that a controller keeps (contract: controller §3.6). Changes that come in one go are one load. */
export function openClusterSource({ client, configMap, pod, log }: ClusterSourceOptions): ClusterSource {
  const first = Promise.withResolvers<void>();
  let server: RunningServer | undefined;
  let loading = false;
  /** What was read last, by whomever. */
  let read: Snapshot | undefined;
  let acknowledged: Acknowledgement | undefined;
  let timer: NodeJS.Timeout | undefined;
  const follower = followConfigMap(client, configMap, () => {
    first.resolve();
    void load();
  });
  const acknowledger = pod === undefined ? undefined : createAcknowledger(client, pod, log);

  const load = async (): Promise<void> => {
    if (server === undefined || loading) return;
    loading = true;
    try {
      while (follower.current()?.revision !== read?.revision) await server.reload();
    } finally {
      loading = false;
    }
    tell(server);
  };
  const tell = (running: RunningServer): void => {
    const [problem] = running.problems();
    const reached = read?.revision ?? '';
    // What is refused leaves in place what was served before.
    const revision = problem === undefined ? reached : (acknowledged?.revision ?? '');
    acknowledged = {
      revision,
      failed: failuresOf(running),
      refused: problem === undefined ? undefined : { revision: reached, reason: problem },
    };
    acknowledger?.say(acknowledged);
  };
  return {
    readConfig: async () => {
      if (follower.current() === undefined) log('info', 'waiting for the configuration', { ...configMap });
      await first.promise;
      const snapshot = follower.current();
      if (snapshot === undefined) throw new Error('the configuration is not there');
      read = snapshot;
      return readSnapshot(snapshot, configMap);
    },
    drive: (running) => {
      server = running;
      void load();
      timer = setInterval(() => {
        if (!loading) tell(running);
      }, LOOK_AGAIN_MS).unref();
    },
    stop: async () => {
      clearInterval(timer);
      acknowledger?.stop();
      await follower.stop();
    },
  };
}

function failuresOf(server: RunningServer): Readonly<Record<string, string>> {
  const policies = server.policies().flatMap(({ id, error }) => (error === undefined ? [] : [[id, error] as const]));
  const modules = server.failedModules().map(({ gate, name, error }) => [`${gate}/${name}`, error] as const);
  return Object.fromEntries([...policies, ...modules]);
}
