/**
 * Every host operation that a policy may be granted, as `<namespace>/<operation>`. `tracing/log` is not among them: a
 * guest may always write its log (policy-server contract §8.1, §8.2; controller contract §2.4).
 */
export const CAPABILITIES = [
  'oci/v1/verify',
  'oci/v1/manifest_digest',
  'oci/v1/oci_manifest',
  'oci/v1/oci_manifest_config',
  'oci/v2/verify',
  'net/v1/dns_lookup_host',
  'crypto/v1/is_certificate_trusted',
  'kubernetes/list_resources_by_namespace',
  'kubernetes/list_resources_all',
  'kubernetes/get_resource',
  'kubernetes/can_i',
] as const;

/** One grantable host operation. */
export type Capability = (typeof CAPABILITIES)[number];

/** One pattern of a list that can't be read. */
export interface CapabilityProblem {
  /** Where the pattern stands in the list, from zero. */
  readonly index: number;
  readonly message: string;
}

/** What a list of patterns grants, or what is wrong with each of them. */
export type CapabilityPatterns =
  | {
      readonly ok: true;
      /** Whether a guest may call `<namespace>/<operation>`. Says yes to everything under `tracing/`. */
      readonly allows: (path: string) => boolean;
    }
  | { readonly ok: false; readonly problems: readonly CapabilityProblem[] };

/**
 * Reads `hostCapabilities` (policy-server contract §2.4): `*`, `oci/*`, `oci/v1/*`, or an exact path. Space around a
 * pattern is ignored, an empty list denies all, and reading ends at `*`, so that what stands after it is not looked at.
 */
export function parseCapabilityPatterns(patterns: readonly string[]): CapabilityPatterns {
  const granted = new Set<string>();
  const problems: CapabilityProblem[] = [];
  for (const [index, raw] of patterns.entries()) {
    const pattern = raw.trim();
    const read = readPattern(pattern);
    if (typeof read === 'string') problems.push({ index, message: read });
    else for (const capability of read) granted.add(capability);
    if (pattern === '*') break;
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, allows: (path) => path.startsWith(UNGATED) || granted.has(path) };
}

const UNGATED = 'tracing/';

/** What one pattern grants, or what is wrong with it. */
function readPattern(pattern: string): readonly Capability[] | string {
  if (pattern === '') return 'invalid pattern: pattern must not be empty';
  if (pattern === '*') return CAPABILITIES;
  const segments = pattern.split('/');
  const wildcard = segments.at(-1) === '*';
  const named = wildcard ? segments.slice(0, -1) : segments;
  if (named.some((segment) => segment.includes('*'))) return misplacedWildcard(pattern);
  return unknownSegment(pattern, named) ?? grantedBy(pattern, named.join('/'), wildcard);
}

function misplacedWildcard(pattern: string): string {
  return `invalid pattern '${pattern}': a wildcard must stand alone or be the whole last segment, as in '*', 'oci/*' or 'oci/v1/*'`;
}

/** The first segment that leads nowhere, with what could stand there. */
function unknownSegment(pattern: string, named: readonly string[]): string | undefined {
  for (const [depth, segment] of named.entries()) {
    const parent = named.slice(0, depth).join('/');
    const options = segmentsUnder(parent);
    if (options.length === 0) {
      return `invalid pattern '${pattern}': '${parent}' is an operation, nothing may follow it`;
    }
    if (!options.includes(segment)) {
      const where = parent === '' ? '' : ` after '${parent}'`;
      return `invalid pattern '${pattern}': unknown segment '${segment}'${where}, valid options are: ${options.join(', ')}`;
    }
  }
  return undefined;
}

function grantedBy(pattern: string, path: string, wildcard: boolean): readonly Capability[] | string {
  const exact = CAPABILITIES.filter((capability) => capability === path);
  const below = CAPABILITIES.filter((capability) => capability.startsWith(`${path}/`));
  if (!wildcard) {
    return exact.length > 0
      ? exact
      : `invalid pattern '${pattern}': incomplete path, use '${path}/*' to grant everything below it, valid options are: ${segmentsUnder(path).join(', ')}`;
  }
  if (below.length === 0) return `invalid pattern '${pattern}': '${path}' is an operation, nothing may follow it`;
  return below;
}

/** The segments that may follow `parent`, sorted; none follow an operation. */
function segmentsUnder(parent: string): readonly string[] {
  const prefix = parent === '' ? '' : `${parent}/`;
  const next = CAPABILITIES.filter((capability) => capability.startsWith(prefix)).map(
    (capability) => capability.slice(prefix.length).split('/', 1)[0] ?? '',
  );
  return [...new Set(next)].toSorted();
}
