import { RegistryError } from '../errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import { MAX_MANIFEST } from '../http/limits.ts';
import type { RegistryReference } from '../reference/reference.ts';
import { parseObject } from './document.ts';
import type { Session } from './session.ts';

/** Pages of one list: at the usual 100 to 1,000 entries more than any repository has. */
const MAX_PAGES = 1000;
const NEXT_LINK = /<([^<>]{1,4096})>\s*;[^,]*\brel\s*=\s*"?next"?/i;

/** Where the next page of a list is: a `Link` header with rel=next, on the registry's own origin. */
export function nextPage(response: HttpResponse, what: string): string | undefined {
  const link = NEXT_LINK.exec(response.headerValues('link').join(', '))?.[1];
  if (link === undefined) return undefined;
  const url = URL.parse(link, response.url);
  if (url === null || url.host !== response.url.host) {
    throw new RegistryError('protocol', `${what}: the next page is not on the registry's host`);
  }
  return url.pathname + url.search;
}

/** Counts pages and refuses loops. */
export function pageGuard(what: string): (target: string) => void {
  const seen = new Set<string>();
  return (target) => {
    if (seen.has(target) || seen.size >= MAX_PAGES) {
      throw new RegistryError('protocol', `${what}: the pages never end`);
    }
    seen.add(target);
  };
}

/** See `OciClient.tags`. */
export async function* listTags(
  session: Session,
  { registry, repository }: RegistryReference,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const what = `tags of ${registry}/${repository}`;
  const guard = pageGuard(what);
  let target: string | undefined = `/v2/${repository}/tags/list`;
  while (target !== undefined) {
    guard(target);
    const call = { registry, repository, target, what, access: 'pull', expect: [200], signal } as const;
    const { response, bytes } = await session.read({ ...call, method: 'GET' }, MAX_MANIFEST);
    const { tags } = parseObject(bytes, what);
    if (Array.isArray(tags)) for (const tag of tags) if (typeof tag === 'string') yield tag;
    target = nextPage(response, what);
  }
}
