import { isKubeError, resourcePath } from '@ostiary/kube';
import { jsonOf, ONCE, type Fetched } from '../backend.ts';
import { CapabilityError } from '../errors.ts';
import { createLimiter, createTtlCache, raced } from '../flights.ts';
import { parseMask, prune } from '../json/mask.ts';
import type { CapabilityLimits } from '../limits.ts';
import type { AccessQuestion, GetFields } from '../request/request.ts';
import { resourceOf, type LazyAccess } from './access.ts';

/** How long objects and access reviews are remembered (contract: policy-server §8.2). */
const TTL_MS = 5000;
const MAX_ENTRIES = 1000;
const MAX_BYTES = 64 * 1024 * 1024;
/** An object of 3 MiB, the API server's own limit, and room for what it adds. */
const MAX_OBJECT_BYTES = 4 * 1024 * 1024;

/** Requests on their way, and questions that wait for one to end. */
const RUNNING = 32;
const WAITING = 10_000;

export interface Objects {
  readonly get: (fields: GetFields, signal: AbortSignal) => Promise<Fetched>;
  readonly canI: (request: AccessQuestion, isFresh: boolean, signal: AbortSignal) => Promise<Fetched>;
}

export function createObjects(access: LazyAccess, { fetchMs }: CapabilityLimits, now: () => number): Objects {
  const limiter = createLimiter(RUNNING, WAITING);
  const bounds = { ttlMs: TTL_MS, entries: MAX_ENTRIES, bytes: MAX_BYTES, now };
  const objects = createTtlCache<Uint8Array>({ ...bounds, sizeOf: ({ length }) => length });
  const reviews = createTtlCache<object>({ ...bounds, sizeOf: () => 1024 });

  const fetchObject = async (fields: GetFields): Promise<Uint8Array> => {
    const opened = await access.open();
    const resource = await resourceOf(opened, fields);
    const { api_version, kind, name } = fields;
    const namespace = fields.namespace ?? undefined;
    if (resource.namespaced && (namespace === undefined || namespace === '')) {
      throw new CapabilityError(
        'invalid',
        `resource ${api_version}/${kind} is namespaced. A namespace is needed to get it`,
      );
    }
    // A namespace means nothing to a kind without them.
    const path = resourcePath(resource, { name, ...(resource.namespaced && { namespace }) });
    try {
      const { body } = await opened.client.request({ path, timeoutMs: fetchMs, maxBytes: MAX_OBJECT_BYTES });
      return body;
    } catch (error) {
      if (!isKubeError(error, 'not-found')) throw error;
      throw new CapabilityError('not-found', notFound(fields), { cause: error });
    }
  };

  const review = async ({ user, groups, resource_attributes: attributes }: AccessQuestion): Promise<object> => {
    const { client } = await access.open();
    const spec = { user, groups: groups ?? undefined, resourceAttributes: withoutNulls(attributes) };
    const answer = await client.json<{ readonly status?: unknown }>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec },
      timeoutMs: fetchMs,
    });
    const { status } = answer;
    if (typeof status === 'object' && status !== null && 'allowed' in status && typeof status.allowed === 'boolean') {
      return status;
    }
    throw new CapabilityError('unavailable', 'SubjectAccessReview: the API server gave no status');
  };

  return {
    get: async (fields, signal) => {
      const mask = parseMask(fields.field_masks);
      const { api_version, kind, name, namespace, disable_cache } = fields;
      const key = JSON.stringify([api_version, kind, namespace ?? '', name]);
      const got = objects.get(key, () => limiter(() => fetchObject(fields)), disable_cache);
      const { value, until } = await raced(got, signal, `${api_version}/${kind}`);
      const payload = mask === undefined ? value : prune(value, mask);
      return { payload, validity: disable_cache ? ONCE : { kind: 'until', until } };
    },
    canI: async (request, isFresh, signal) => {
      const got = reviews.get(JSON.stringify(request), () => limiter(() => review(request)), isFresh);
      const { value, until } = await raced(got, signal, 'SubjectAccessReview');
      return jsonOf(value, isFresh ? ONCE : { kind: 'until', until });
    },
  };
}

/** The namespace is written the way that Rust shows an optional text, which policies may look for. */
function notFound({ api_version, kind, name, namespace }: GetFields): string {
  const shown = namespace === null ? 'None' : `Some(${JSON.stringify(namespace)})`;
  return `Cannot find ${api_version}/${kind} named '${name}' inside of namespace '${shown}'`;
}

function withoutNulls(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
