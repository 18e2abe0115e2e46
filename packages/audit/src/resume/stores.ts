import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { apply, get, isKubeError, remove, resource, type KubeClient, type KubeObject } from '@ostiary/kube';
import { textAt } from '../json.ts';
import { FIELD_MANAGER } from '../store/ownership.ts';
import { decodeCheckpoint, encodeCheckpoint, type CheckpointStore } from './checkpoint.ts';

/** A checkpoint in a file, which is replaced as a whole. */
export function fileCheckpoints(file: string): CheckpointStore {
  return {
    load: async () => {
      try {
        return decodeCheckpoint(await readFile(file, 'utf8'));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    save: async (checkpoint) => {
      const temporary = `${file}.${process.pid}`;
      await writeFile(temporary, encodeCheckpoint(checkpoint), { mode: 0o600 });
      await rename(temporary, file);
    },
    clear: () => rm(file, { force: true }),
  };
}

const CONFIG_MAPS = resource('v1', 'ConfigMap', 'configmaps');
const KEY = 'checkpoint.json';

/** A checkpoint in a ConfigMap. Throws KubeError. */
export function configMapCheckpoints(client: KubeClient, namespace: string, name: string): CheckpointStore {
  const ref = { namespace, name };
  const ifThere = async <T>(action: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      if (isKubeError(error, 'not-found')) return undefined;
      throw error;
    }
  };
  return {
    load: async () => {
      const found = await ifThere(() => get<KubeObject & { readonly data?: unknown }>(client, CONFIG_MAPS, ref));
      const text = textAt(found?.data, KEY);
      return text === undefined ? undefined : decodeCheckpoint(text);
    },
    save: async (checkpoint) => {
      const data = { [KEY]: encodeCheckpoint(checkpoint) };
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: ref, data };
      await apply(client, CONFIG_MAPS, object, { fieldManager: FIELD_MANAGER });
    },
    clear: async () => {
      await ifThere(() => remove(client, CONFIG_MAPS, ref));
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
