import { createReflector, resource, type KubeClient, type KubeObject } from '@ostiary/kube';
import { readGatesConfig } from '../config/read.ts';
import type { GateFiles, GatesConfig } from '../config/types.ts';

const CONFIG_MAPS = resource('v1', 'ConfigMap', 'configmaps');

/** The annotation by which the controller calls one state of the configuration. */
const REVISION = 'ostiary.dev/revision';

/** Keys of the ConfigMap and the files that they stand for. Absent: that gate is off. */
const KEYS = {
  policies: 'policies.yml',
  authentication: 'authentication.yml',
  authorization: 'authorization.yml',
} as const;

/** One state of the configuration. */
export interface Snapshot {
  readonly revision: string;
  readonly data: Readonly<Record<string, string>>;
}

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface ConfigMapRef {
  readonly namespace: string;
  readonly name: string;
}

/** Follows one ConfigMap. A deleted one leaves the last state: nothing stops serving because somebody cleaned up. */
export interface ConfigMapFollower {
  /** Undefined until it has been seen. */
  readonly current: () => Snapshot | undefined;
  readonly stop: () => Promise<void>;
}

export function followConfigMap(
  client: KubeClient,
  { namespace, name }: ConfigMapRef,
  changed: () => void,
): ConfigMapFollower {
  let current: Snapshot | undefined;
  const reflector = createReflector<ConfigMap>({
    client,
    resource: CONFIG_MAPS,
    namespace,
    fieldSelector: `metadata.name=${name}`,
    onChange: (changes) => {
      for (const change of changes) {
        if (change.type === 'delete') continue;
        const { metadata, data = {} } = change.object;
        const revision = metadata.annotations?.[REVISION] ?? metadata.resourceVersion ?? '';
        if (revision === current?.revision) continue;
        current = { revision, data };
        changed();
      }
    },
  });
  return { current: () => current, stop: () => reflector.stop() };
}

/** The configuration that a snapshot holds. Throws ConfigError. */
export async function readSnapshot({ data }: Snapshot, { namespace, name }: ConfigMapRef): Promise<GatesConfig> {
  const place = `configmap:${namespace}/${name}/`;
  const file = (key: string): string | undefined => (Object.hasOwn(data, key) ? place + key : undefined);
  const files: GateFiles = {
    authentication: file(KEYS.authentication),
    authorization: file(KEYS.authorization),
    admission: undefined,
    policies: place + KEYS.policies,
  };
  const encoder = new TextEncoder();
  return readGatesConfig(files, { readFile: async (path) => encoder.encode(data[path.slice(place.length)] ?? '{}') });
}
