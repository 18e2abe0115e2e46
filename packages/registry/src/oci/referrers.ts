import { isRegistryError } from '../errors.ts';
import { MAX_MANIFEST } from '../http/limits.ts';
import type { RegistryReference } from '../reference/reference.ts';
import type { Descriptor, ReferrersOptions } from './client.ts';
import { algorithmOf } from './digest.ts';
import { parseIndex } from './document.ts';
import { getManifest } from './manifests.ts';
import { OCI_INDEX } from './media.ts';
import { nextPage, pageGuard } from './pages.ts';
import type { RegistryCall, Session } from './session.ts';

/** Referrers that are looked at: far beyond what anyone signs, and a bound on what a hostile list costs. */
const MAX_REFERRERS = 4096;

/** See `OciClient.referrers`. */
export async function listReferrers(
  session: Session,
  ref: RegistryReference,
  digest: string,
  { artifactType, signal }: ReferrersOptions,
): Promise<readonly Descriptor[]> {
  algorithmOf(digest);
  const found = (await fromApi(session, ref, digest, signal)) ?? (await fromTag(session, ref, digest, signal));
  // The filter is applied here: a registry that could filter says so in a header, but need not tell the truth.
  return artifactType === undefined ? found : found.filter((entry) => entry.artifactType === artifactType);
}

/** Undefined if the registry has no such API. */
async function fromApi(
  session: Session,
  { registry, repository }: RegistryReference,
  digest: string,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[] | undefined> {
  const what = `referrers of ${registry}/${repository}@${digest}`;
  const guard = pageGuard(what);
  const found: Descriptor[] = [];
  let target: string | undefined = `/v2/${repository}/referrers/${digest}`;
  while (target !== undefined && found.length < MAX_REFERRERS) {
    guard(target);
    const call: RegistryCall = {
      method: 'GET',
      registry,
      repository,
      target,
      headers: { accept: OCI_INDEX },
      what,
      access: 'pull',
      // Registries without the API answer in many ways; 404 is the specified one.
      expect: [200, 400, 404, 405, 406],
      signal,
    };
    const { response, bytes } = await session.read(call, MAX_MANIFEST);
    const type = (response.header('content-type') ?? '').split(';')[0]?.trim();
    // Some front ends answer 200 with their web page for any path they don't know.
    if (response.status !== 200 || (type !== OCI_INDEX && type !== 'application/json')) return undefined;
    found.push(...parseIndex(bytes, what));
    target = nextPage(response, what);
  }
  return found.slice(0, MAX_REFERRERS);
}

/** The referrers tag schema: an index at the tag `sha256-<hex>`. */
async function fromTag(
  session: Session,
  { registry, repository }: RegistryReference,
  digest: string,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const tag = referrersTag(digest);
  try {
    const { document } = await getManifest(session, { kind: 'registry', registry, repository, tag }, { signal });
    return document.kind === 'index' ? document.manifests.slice(0, MAX_REFERRERS) : [];
  } catch (error) {
    if (isRegistryError(error, 'not-found')) return [];
    throw error;
  }
}

/** The tag under which registries without the referrers API keep the list. Tags have at most 128 characters. */
export function referrersTag(digest: string): string {
  return digest.replace(':', '-').slice(0, 128);
}
