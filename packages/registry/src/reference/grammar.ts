/**
 * The grammar of image names, as `distribution/reference` has it. Every pattern is anchored and has no nested
 * repetition that could backtrack: names come from files that others write.
 */

/** Host of a registry: a DNS name, an IPv4 address or an IPv6 one in brackets; then perhaps a port. */
export const REGISTRY = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/;
/** One part of a repository between slashes. */
export const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;
export const TAG = /^\w[\w.-]{0,127}$/;
export const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Docker's limit for registry and repository together. */
export const MAX_NAME_LENGTH = 255;

/** True if `text` is a digest that this client can check. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}
