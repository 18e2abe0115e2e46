import { RegistryError, isRegistryError } from '../errors.ts';
import type { HttpResponse, Payload } from '../http/exchange.ts';
import type { RegistryReference } from '../reference/reference.ts';
import type { BlobSource } from './client.ts';
import { algorithmOf } from './digest.ts';
import type { RegistryCall, Session } from './session.ts';

/** Bytes per request of a chunked upload, and what is held in memory of it. */
const CHUNK = 4 * 1024 * 1024;
/** A registry may want chunks of at least this; one that wants more gets the blob in one piece. */
const MAX_CHUNK = 32 * 1024 * 1024;

interface Upload {
  readonly session: Session;
  readonly ref: RegistryReference;
  readonly blob: BlobSource;
  readonly signal: AbortSignal | undefined;
}

/** See `OciClient.pushBlob`. */
export async function pushBlob(
  session: Session,
  ref: RegistryReference,
  blob: BlobSource,
  signal: AbortSignal | undefined,
): Promise<void> {
  algorithmOf(blob.digest);
  const upload: Upload = { session, ref, blob, signal };
  if (await hasBlob(upload)) return;
  if (blob.size > CHUNK && (await pushChunks(upload))) return;
  const { location } = await startUpload(upload);
  await finish(upload, location, blob);
}

async function hasBlob(upload: Upload): Promise<boolean> {
  const { repository } = upload.ref;
  const target = `/v2/${repository}/blobs/${upload.blob.digest}`;
  // Some registries refuse HEAD to those who may only push; then the upload itself tells.
  const response = await send(upload, { method: 'HEAD', target, expect: [200, 400, 403, 404, 405] });
  await response.body.discard();
  return response.status === 200;
}

async function startUpload(upload: Upload): Promise<{ readonly location: URL; readonly chunk: number }> {
  const target = `/v2/${upload.ref.repository}/blobs/uploads/`;
  // Asking twice leaves an empty upload behind, which registries clean up.
  const response = await send(upload, { method: 'POST', target, expect: [202], isRepeatable: true });
  await response.body.discard();
  const least = Number(response.header('oci-chunk-min-length') ?? 0);
  return { location: nextLocation(upload, response), chunk: Math.max(CHUNK, least) };
}

/** Sends a blob piece by piece. False if the registry won't have it so: Artifactory, for one, answers 406. */
async function pushChunks(upload: Upload): Promise<boolean> {
  const start = await startUpload(upload);
  if (!(start.chunk <= MAX_CHUNK)) return false;
  let { location } = start;
  let sent = 0;
  for await (const bytes of inChunks(upload.blob, start.chunk)) {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-range': `${sent}-${sent + bytes.length - 1}`,
    };
    try {
      const call = { method: 'PATCH', target: location, headers, payload: bytes, expect: [201, 202, 204] } as const;
      const response = await send(upload, call);
      await response.body.discard();
      location = nextLocation(upload, response);
    } catch (error) {
      if (isRegistryError(error, 'refused') || isRegistryError(error, 'unavailable')) return false;
      if (isRegistryError(error, 'not-found')) return false;
      throw error;
    }
    sent += bytes.length;
  }
  await finish(upload, location, undefined);
  return true;
}

async function finish(upload: Upload, location: URL, blob: BlobSource | undefined): Promise<void> {
  // Appended as text: the registry's own query may be signed as it is written.
  const target = new URL(location);
  target.search += `${target.search === '' ? '?' : '&'}digest=${encodeURIComponent(upload.blob.digest)}`;
  const payload: Payload = blob ?? new Uint8Array();
  const headers = { 'content-type': 'application/octet-stream' };
  const response = await send(upload, { method: 'PUT', target, headers, payload, expect: [200, 201, 202, 204] });
  await response.body.discard();
}

/**
 * Where an upload goes on. It may be relative, and behind some proxies says http:// for https://; on another host it is
 * refused, as the next request carries credentials and the module.
 */
function nextLocation({ ref }: Upload, response: HttpResponse): URL {
  const location = response.header('location');
  const url = location === undefined ? null : URL.parse(location, response.url);
  if (url === null || url.host !== response.url.host || url.username !== '') {
    throw new RegistryError(
      'protocol',
      `upload to ${ref.registry}/${ref.repository}: no usable Location in the answer`,
    );
  }
  url.protocol = response.url.protocol;
  url.hash = '';
  return url;
}

type UploadCall = Pick<RegistryCall, 'method' | 'target' | 'expect'> &
  Partial<Pick<RegistryCall, 'headers' | 'payload' | 'isRepeatable'>>;

function send({ session, ref, blob, signal }: Upload, call: UploadCall): Promise<HttpResponse> {
  const { registry, repository } = ref;
  const what = `upload of ${blob.digest} to ${registry}/${repository}`;
  return session.call({ ...call, registry, repository, what, access: 'push', signal });
}

async function* inChunks(blob: BlobSource, size: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const bytes of blob.open()) {
    for (let offset = 0; offset < bytes.length;) {
      const piece = bytes.subarray(offset, offset + size - held);
      parts.push(piece);
      offset += piece.length;
      held += piece.length;
      if (held < size) continue;
      yield Buffer.concat(parts, held);
      parts = [];
      held = 0;
    }
  }
  if (held > 0) yield Buffer.concat(parts, held);
}

/** See `OciClient.mount`. */
export async function mountBlob(
  session: Session,
  { registry, repository }: RegistryReference,
  digest: string,
  from: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  algorithmOf(digest);
  const query = new URLSearchParams({ mount: digest, from });
  const response = await session.call({
    method: 'POST',
    registry,
    repository,
    target: `/v2/${repository}/blobs/uploads/?${query}`,
    what: `mount of ${digest} from ${from} in ${registry}/${repository}`,
    access: 'push',
    alsoPull: from,
    // 202 begins an upload instead; it is left to the registry to clean up.
    expect: [201, 202, 403, 404, 405],
    signal,
  });
  await response.body.discard();
  return response.status === 201;
}
