import { RegistryError } from '../errors.ts';
import { MAX_MANIFEST } from '../http/limits.ts';
import { isDigest } from '../reference/grammar.ts';
import { imageName } from '../reference/parse.ts';
import type { RegistryReference } from '../reference/reference.ts';
import type { CallOptions, Manifest, ManifestPush, Resolved } from './client.ts';
import { algorithmOf, digestOf } from './digest.ts';
import { parseDocument } from './document.ts';
import { MANIFEST_ACCEPT } from './media.ts';
import type { RegistryCall, Session } from './session.ts';

function manifestCall(ref: RegistryReference, options: CallOptions) {
  const { registry, repository } = ref;
  return {
    registry,
    repository,
    target: `/v2/${repository}/manifests/${ref.digest ?? ref.tag ?? 'latest'}`,
    headers: { accept: MANIFEST_ACCEPT },
    what: `manifest ${imageName(ref)}`,
    access: 'pull',
    expect: [200],
    signal: options.signal,
  } as const satisfies Omit<RegistryCall, 'method'>;
}

/** See `OciClient.resolve`. */
export async function resolveManifest(
  session: Session,
  ref: RegistryReference,
  options: CallOptions,
): Promise<Resolved> {
  // 405 and 400 are of registries that know no HEAD; other failures GET would have, too, and explain by its body.
  const head = await session.call({
    ...manifestCall(ref, options),
    method: 'HEAD',
    expect: [200, 400, 401, 403, 404, 405],
  });
  await head.body.discard();
  const digest = head.header('docker-content-digest') ?? '';
  const size = Number(head.header('content-length') ?? Number.NaN);
  const mediaType = mediaTypeOf(head.header('content-type'));
  if (head.status === 200 && isDigest(digest) && Number.isSafeInteger(size) && mediaType !== '') {
    if (ref.digest !== undefined && ref.digest !== digest) throw mismatch(ref, digest);
    return { digest, size, mediaType };
  }
  const manifest = await getManifest(session, ref, options);
  return { digest: manifest.digest, size: manifest.bytes.length, mediaType: manifest.mediaType };
}

/** See `OciClient.manifest`. */
export async function getManifest(session: Session, ref: RegistryReference, options: CallOptions): Promise<Manifest> {
  const call = manifestCall(ref, options);
  const { response, bytes } = await session.read({ ...call, method: 'GET' }, MAX_MANIFEST);
  const digest = digestOf(bytes, ref.digest === undefined ? 'sha256' : algorithmOf(ref.digest));
  if (ref.digest !== undefined && ref.digest !== digest) throw mismatch(ref, digest);
  const mediaType = mediaTypeOf(response.header('content-type'));
  const document = parseDocument(bytes, mediaType, call.what);
  const own = ownMediaType(bytes);
  return { bytes, digest, mediaType: own ?? mediaType, document };
}

/** What a registry says of a manifest that it took. */
export interface PutResult {
  readonly digest: string;
  /** Whether it has seen that the manifest refers to another one, and lists it there. */
  readonly hasReferrers: boolean;
}

/** Puts a manifest at the reference's digest or tag. */
export async function putManifest(
  session: Session,
  ref: RegistryReference,
  { bytes, mediaType }: ManifestPush,
  options: CallOptions,
): Promise<PutResult> {
  const response = await session.call({
    ...manifestCall(ref, options),
    method: 'PUT',
    headers: { 'content-type': mediaType },
    payload: bytes,
    access: 'push',
    expect: [200, 201, 202],
    // Putting the same bytes at the same name twice is putting them once.
    isRepeatable: true,
  });
  await response.body.discard();
  const digest = digestOf(bytes, ref.digest === undefined ? 'sha256' : algorithmOf(ref.digest));
  const told = response.header('docker-content-digest');
  // ECR answers without the header, and a registry may prefer sha512; only a contradiction is an error.
  if (told?.startsWith('sha256:') && digest.startsWith('sha256:') && told !== digest) throw mismatch(ref, told);
  return { digest, hasReferrers: response.header('oci-subject') !== undefined };
}

function mediaTypeOf(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function ownMediaType(bytes: Uint8Array): string | undefined {
  const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (typeof document !== 'object' || document === null || !('mediaType' in document)) return undefined;
  return typeof document.mediaType === 'string' ? document.mediaType : undefined;
}

function mismatch(ref: RegistryReference, found: string): RegistryError {
  return new RegistryError('digest-mismatch', `manifest ${imageName(ref)}: the registry has ${found} in its place`);
}
