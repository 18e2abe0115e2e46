import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { get, resource, type KubeClient, type KubeObject } from '@ostiary/kube';

const SECRETS = resource('v1', 'Secret', 'secrets');
const CONFIG_MAPS = resource('v1', 'ConfigMap', 'configmaps');

interface Items {
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}

/** The part of a pod that says which files its container sees. */
export interface PodVolumes {
  readonly volumes?: readonly {
    readonly name: string;
    readonly configMap?: Items & { readonly name: string };
    readonly secret?: Items & { readonly secretName: string };
  }[];
  readonly containers: readonly {
    readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
}

interface WithData extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * Writes the ConfigMaps and Secrets that a pod mounts below `dir`, as they are now. Answers with where they are, by the
 * path that the container would have.
 */
export async function writeMounts(
  client: KubeClient,
  namespace: string,
  spec: PodVolumes,
  dir: string,
): Promise<ReadonlyMap<string, string>> {
  const written = new Map<string, string>();
  for (const { name, mountPath } of spec.containers[0]?.volumeMounts ?? []) {
    const volume = spec.volumes?.find((one) => one.name === name);
    const files = await filesOf(client, namespace, volume);
    if (files === undefined) continue;
    const place = join(dir, 'mounts', name);
    await mkdir(place, { recursive: true });
    for (const [path, bytes] of files) await writeFile(join(place, path), bytes, { mode: 0o600 });
    written.set(mountPath, place);
  }
  return written;
}

type Volume = NonNullable<PodVolumes['volumes']>[number];

async function filesOf(
  client: KubeClient,
  namespace: string,
  volume: Volume | undefined,
): Promise<readonly (readonly [string, Buffer])[] | undefined> {
  const { configMap, secret } = volume ?? {};
  if (secret !== undefined) {
    const { data = {} } = await get<WithData>(client, SECRETS, { namespace, name: secret.secretName });
    return picked(secret, (key) => Buffer.from(data[key] ?? '', 'base64'), Object.keys(data));
  }
  if (configMap !== undefined) {
    const { data = {} } = await get<WithData>(client, CONFIG_MAPS, { namespace, name: configMap.name });
    return picked(configMap, (key) => Buffer.from(data[key] ?? ''), Object.keys(data));
  }
  return undefined;
}

function picked(
  { items }: Items,
  read: (key: string) => Buffer,
  keys: readonly string[],
): readonly (readonly [string, Buffer])[] {
  const chosen = items ?? keys.map((key) => ({ key, path: key }));
  return chosen.map(({ key, path }) => [path, read(key)]);
}

/** A value with the container's paths in it, as this machine has them. */
export function relocated(value: string, mounts: ReadonlyMap<string, string>): string {
  return value
    .split(',')
    .map((part) => {
      for (const [from, to] of mounts)
        if (part === from || part.startsWith(`${from}/`)) return to + part.slice(from.length);
      return part;
    })
    .join(',');
}
