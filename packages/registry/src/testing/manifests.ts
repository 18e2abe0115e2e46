import type { IncomingMessage, ServerResponse } from 'node:http';
import { digestOf } from '../oci/digest.ts';
import { answer, fail } from './answer.ts';
import type { TestRegistry } from './registry.ts';

export interface ManifestRequest {
  readonly registry: TestRegistry;
  readonly name: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** A tag or digest. */
  readonly reference: string;
}

export async function serveManifest(call: ManifestRequest): Promise<void> {
  const { registry, name, request, response, reference } = call;
  if (request.method === 'PUT') return takeManifest(call);
  const { manifests, tags } = registry.repository(name);
  const digest = tags.get(reference) ?? reference;
  const found = manifests.get(digest);
  if (found === undefined) return fail(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  const headers = { 'content-type': found.mediaType, 'docker-content-digest': digest };
  answer(response, 200, headers, found.bytes, request.method === 'HEAD');
}

async function takeManifest({ registry, name, request, response, reference }: ManifestRequest): Promise<void> {
  const bytes = await readAll(request);
  const repository = registry.repository(name);
  const digest = digestOf(bytes);
  const document = JSON.parse(bytes.toString('utf8')) as {
    config?: { digest: string };
    layers?: { digest: string }[];
    subject?: { digest: string };
  };
  const blobs = [document.config, ...(document.layers ?? [])].filter((entry) => entry !== undefined);
  if (blobs.some((entry) => !repository.blobs.has(entry.digest))) return fail(response, 400, 'MANIFEST_BLOB_UNKNOWN');
  repository.manifests.set(digest, { bytes, mediaType: request.headers['content-type'] ?? '' });
  if (!reference.startsWith('sha256:')) repository.tags.set(reference, digest);
  else if (reference !== digest) return fail(response, 400, 'DIGEST_INVALID');
  const place: Record<string, string> = {};
  if (registry.options.omitsLocation !== true) {
    place['location'] = `/v2/${name}/manifests/${digest}`;
    place['docker-content-digest'] = digest;
  }
  if (document.subject !== undefined && registry.options.referrers !== false) {
    place['oci-subject'] = document.subject.digest;
  }
  answer(response, 201, place);
}

export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
