import { RegistryError, isRegistryError } from '../errors.ts';
import type { RegistryReference } from '../reference/reference.ts';
import type { CallOptions, Descriptor, Manifest, ManifestPush } from './client.ts';
import { parseDocument } from './document.ts';
import { getManifest, putManifest } from './manifests.ts';
import { OCI_INDEX } from './media.ts';
import { referrersTag } from './referrers.ts';
import type { Session } from './session.ts';

/**
 * Puts a manifest, and if it refers to another one on a registry that keeps no such list itself, writes it into the
 * list at the referrers tag. Two that do this at the same moment may lose one entry; the specification knows no better.
 */
export async function pushManifest(
  session: Session,
  ref: RegistryReference,
  manifest: ManifestPush,
  options: CallOptions,
): Promise<string> {
  const { digest, hasReferrers } = await putManifest(session, ref, manifest, options);
  const { subject, ...document } = parseDocument(manifest.bytes, manifest.mediaType, 'the manifest to push');
  if (subject === undefined || hasReferrers) return digest;
  const config = document.kind === 'image' ? document.config.mediaType : undefined;
  const artifactType = document.artifactType ?? config;
  await addReferrer(session, ref, subject.digest, options, {
    mediaType: manifest.mediaType,
    digest,
    size: manifest.bytes.length,
    annotations: document.annotations,
    ...(artifactType === undefined ? {} : { artifactType }),
  });
  return digest;
}

async function addReferrer(
  session: Session,
  { registry, repository }: RegistryReference,
  subject: string,
  options: CallOptions,
  referrer: Descriptor,
): Promise<void> {
  const list = { kind: 'registry', registry, repository, tag: referrersTag(subject) } as const;
  const known = await existing(session, list, options);
  if (known !== undefined && known.document.kind !== 'index') {
    throw new RegistryError(
      'refused',
      `${registry}/${repository}:${list.tag} is no list of referrers; it is left alone`,
    );
  }
  const manifests = known?.document.kind === 'index' ? known.document.manifests : [];
  if (manifests.some(({ digest }) => digest === referrer.digest)) return;
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...manifests, referrer] };
  const bytes = Buffer.from(JSON.stringify(index));
  await putManifest(session, list, { bytes, mediaType: OCI_INDEX }, options);
}

async function existing(session: Session, ref: RegistryReference, options: CallOptions): Promise<Manifest | undefined> {
  try {
    return await getManifest(session, ref, options);
  } catch (error) {
    if (isRegistryError(error, 'not-found')) return undefined;
    throw error;
  }
}
