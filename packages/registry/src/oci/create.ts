import { ANONYMOUS, type Credentials } from '../credentials/credential.ts';
import { createDispatchers } from '../http/dispatchers.ts';
import { DEFAULT_RETRY, DEFAULT_TIMEOUTS, type RetryPolicy, type Timeouts } from '../http/limits.ts';
import { proxiesFromEnvironment } from '../sources/proxies.ts';
import { NO_SOURCES, type Sources } from '../sources/sources.ts';
import { readBlob, readBlobBytes } from './blob.ts';
import type { ModuleClient } from './client.ts';
import { copyArtifact } from './copy.ts';
import { getManifest, resolveManifest } from './manifests.ts';
import { listTags } from './pages.ts';
import { listReferrers } from './referrers.ts';
import { createSession } from './session.ts';
import { pushManifest } from './subject.ts';
import { mountBlob, pushBlob } from './upload.ts';

/** Everything has a default: no sources file, nobody's credentials, no proxy. */
export interface ClientOptions {
  readonly sources?: Sources | undefined;
  readonly credentials?: Credentials | undefined;
  /** For proxies, where the sources file has no section for them: HTTP_PROXY, HTTPS_PROXY, NO_PROXY. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  readonly userAgent?: string | undefined;
}

/** Makes a client. It opens connections when they are needed; `close` ends them. */
export function createOciClient(options: ClientOptions = {}): ModuleClient {
  const { sources = NO_SOURCES, credentials = ANONYMOUS, env = {}, userAgent = 'ostiary' } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const retryPolicy = { ...DEFAULT_RETRY, ...options.retry };
  const proxies = sources.proxies ?? proxiesFromEnvironment(env);
  const dispatchers = createDispatchers({ sources, proxies, timeouts });
  const { insecure } = sources;
  const session = createSession({ dispatchers, insecure, credentials, retryPolicy, timeouts, userAgent });

  const client: ModuleClient = {
    resolve: (ref, call = {}) => resolveManifest(session, ref, call),
    manifest: (ref, call = {}) => getManifest(session, ref, call),
    blob: (ref, descriptor, call = {}) => readBlob(session, ref, descriptor, call),
    blobBytes: (ref, descriptor, call) => readBlobBytes(session, ref, descriptor, call),
    referrers: (ref, digest, call = {}) => listReferrers(session, ref, digest, call),
    tags: (ref, call = {}) => listTags(session, ref, call.signal),
    pushBlob: (ref, blob, call = {}) => pushBlob(session, ref, blob, call.signal),
    pushManifest: (ref, manifest, call = {}) => pushManifest(session, ref, manifest, call),
    mount: (ref, digest, from, call = {}) => mountBlob(session, ref, digest, from, call.signal),
    copy: (from, to, call = {}) => copyArtifact(client, from, to, call),
    async *download(url, call = {}) {
      const response = await session.download(url, call.signal);
      yield* response.body.chunks();
    },
    close: () => dispatchers.close(),
  };
  return client;
}
