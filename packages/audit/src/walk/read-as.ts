import {
  isKubeError,
  resourcePath,
  type ApiResource,
  type Item,
  type KubeClient,
  type KubeObject,
} from '@ostiary/kube';
import { AuditError } from '../errors.ts';
import { isRecord } from '../json.ts';

/** Reads one object in a version; undefined when it is gone. Throws KubeError. */
export async function readItem(
  client: KubeClient,
  resource: ApiResource,
  ref: { readonly namespace?: string | undefined; readonly name: string },
  signal?: AbortSignal,
): Promise<Item | undefined> {
  try {
    const { body } = await client.request({ path: resourcePath(resource, ref), signal });
    return { object: parse(body), raw: body };
  } catch (error) {
    if (isKubeError(error, 'not-found')) return undefined;
    throw error;
  }
}

function parse(body: Uint8Array): KubeObject {
  const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
  if (isRecord(value) && isRecord(value['metadata']) && typeof value['kind'] === 'string')
    return value as unknown as KubeObject;
  throw new AuditError('bad-document', "the API server's answer is not an object");
}
