import {
  createDiscovery,
  createKubeClient,
  type ApiResource,
  type Discovery,
  type KubeClient,
  type KubeConfig,
} from '@ostiary/kube';
import { CapabilityError } from '../errors.ts';
import type { KindFields } from '../request/request.ts';

/** The API as all questions share it. */
export interface KubeAccess {
  readonly client: KubeClient;
  readonly discovery: Discovery;
}

export interface LazyAccess {
  /** Throws CapabilityError `unavailable` when there is no configuration. */
  readonly open: () => Promise<KubeAccess>;
  readonly close: () => Promise<void>;
}

/** A configuration that can't be read is not read again for so long. */
const RETRY_AFTER_MS = 5000;

/** Reads the configuration at the first question. */
export function lazyAccess(load: (() => Promise<KubeConfig>) | undefined, now: () => number): LazyAccess {
  let opening: Promise<KubeAccess> | undefined;
  let failedAt: number | undefined;
  const start = async (): Promise<KubeAccess> => {
    if (load === undefined) throw new CapabilityError('unavailable', 'kube::Client was not initialized properly');
    try {
      const client = createKubeClient(await load());
      return { client, discovery: createDiscovery(client) };
    } catch (cause) {
      failedAt = now();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new CapabilityError('unavailable', `kube::Client was not initialized properly: ${why}`, { cause });
    }
  };
  return {
    open: () => {
      if (failedAt !== undefined && now() - failedAt >= RETRY_AFTER_MS) [opening, failedAt] = [undefined, undefined];
      opening ??= start();
      return opening;
    },
    close: async () => {
      const access = await opening?.catch(() => undefined);
      await access?.client.close();
    },
  };
}

/** The resource of a kind. Throws CapabilityError `not-found`, or KubeError when the API can't be asked. */
export async function resourceOf({ discovery }: KubeAccess, { api_version, kind }: KindFields): Promise<ApiResource> {
  const found = await discovery.resourceFor({ apiVersion: api_version, kind });
  if (found === undefined) {
    throw new CapabilityError(
      'not-found',
      `Cannot find resource ${api_version}/${kind}: the API server does not have it`,
    );
  }
  return found;
}
