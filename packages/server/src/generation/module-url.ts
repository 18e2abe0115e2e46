const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const KNOWN: ReadonlySet<string> = new Set(['file', 'http', 'https', 'registry']);

export type ModuleUrl =
  | { readonly scheme: 'file'; readonly path: string }
  | { readonly scheme: 'http' | 'https' | 'registry'; readonly url: string };

/**
 * Where a policy's module is (contract: policy-server §3.1). What starts with `/`, `./` or `../` is a path; anything else
 * without a scheme is an image reference. Throws an Error for a scheme that nobody knows.
 */
export function moduleUrl(text: string): ModuleUrl {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    return /^\.{0,2}\//.test(text) ? { scheme: 'file', path: text } : { scheme: 'registry', url: `registry://${text}` };
  }
  if (!KNOWN.has(scheme))
    throw new Error(`unknown scheme ${scheme.slice(0, 32)}, expected registry, https, http or file`);
  if (scheme === 'file') return { scheme, path: decodeURIComponent(text.slice('file://'.length)) };
  return scheme === 'http' || scheme === 'https' || scheme === 'registry' ? { scheme, url: text } : never(scheme);
}

function never(scheme: string): never {
  throw new Error(`unknown scheme ${scheme}`);
}

/** Whether a text says how its module is fetched. In configuration files of gates, what does not is a path. */
export function hasScheme(text: string): boolean {
  return SCHEME.test(text);
}

/** The URL as messages may have it: without a user's password, and without a query, which may be a signature. */
export function shownUrl(text: string): string {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'file') return text;
  return text.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//');
}
