import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digestOf } from '../oci/digest.ts';
import { answer, fail } from './answer.ts';
import { readAll } from './manifests.ts';
import type { TestRegistry } from './registry.ts';

interface UploadRequest {
  readonly registry: TestRegistry;
  readonly name: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

export async function serveUpload(call: UploadRequest): Promise<void> {
  const { registry, name, request, response, url } = call;
  if (request.method === 'POST') return startUpload(call);
  const id = url.pathname.split('/').at(-1) ?? '';
  const known = registry.uploads.get(id);
  if (known === undefined) return fail(response, 404, 'BLOB_UPLOAD_UNKNOWN');
  const bytes = await readAll(request);
  if (request.method === 'PATCH') {
    const { refuseChunks } = registry.options;
    if (refuseChunks !== undefined) return fail(response, refuseChunks, 'UNSUPPORTED');
    const start = /^(\d+)-\d+$/.exec(request.headers['content-range'] ?? '')?.[1];
    if (Number(start) !== known.length) return fail(response, 416, 'RANGE_INVALID');
    registry.uploads.set(id, Buffer.concat([known, bytes]));
    return answer(response, 202, {
      location: url.pathname + url.search,
      range: `0-${known.length + bytes.length - 1}`,
    });
  }
  const whole = Buffer.concat([known, bytes]);
  registry.uploads.delete(id);
  if (digestOf(whole) !== url.searchParams.get('digest')) return fail(response, 400, 'DIGEST_INVALID');
  registry.addBlob(name, whole);
  answer(response, 201, { location: `/v2/${name}/blobs/${digestOf(whole)}` });
}

function startUpload({ registry, name, response, url }: UploadRequest): void {
  const [mount, from] = [url.searchParams.get('mount'), url.searchParams.get('from')];
  const bytes = mount === null ? undefined : registry.repository(from ?? '').blobs.get(mount);
  if (bytes !== undefined) {
    registry.addBlob(name, bytes);
    return answer(response, 201, { location: `/v2/${name}/blobs/${mount}` });
  }
  const id = randomUUID();
  registry.uploads.set(id, new Uint8Array());
  // A state in the query, as real registries have: it must come back as it is.
  answer(response, 202, { location: `/v2/${name}/blobs/uploads/${id}?_state=a%2Fb%3D%3D` });
}
