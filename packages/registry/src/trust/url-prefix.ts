/**
 * A URL that others may begin with, with a slash at the end of its path, so that `…/org` doesn't cover `…/organised`.
 * Undefined for anything that can't be a prefix.
 */
export function urlPrefix(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || url.host === '' || url.search !== '' || url.hash !== '') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

/**
 * Whether a certificate's subject lies below a prefix made by {@link urlPrefix}. Both the subject as it stands and its
 * normalised form must, so that no `..` and no other spelling climbs out of it.
 */
export function isBelow(subject: string, prefix: string): boolean {
  return subject.startsWith(prefix) && (URL.parse(subject)?.href.startsWith(prefix) ?? false);
}
