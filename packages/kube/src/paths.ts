import { KubeError } from './errors.ts';

/** A kind of object as the API serves it. */
export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** As discovery lists them, `list` and `watch` among others. Empty when not known. */
  readonly verbs: readonly string[];
  /** As in `status` and `scale`. Empty when not known. */
  readonly subresources: readonly string[];
}

/** What of a resource is needed to address it. */
export type ResourceAddress = Pick<ApiResource, 'group' | 'version' | 'plural' | 'namespaced'>;

/** `v1` for the core group, `group/version` for others. */
export function apiVersionOf({ group, version }: { readonly group: string; readonly version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The inverse of {@link apiVersionOf}. */
export function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** A resource known without discovery; everything not given is empty. */
export function resource(
  apiVersion: string,
  kind: string,
  plural: string,
  options: {
    readonly namespaced?: boolean;
    readonly verbs?: readonly string[];
    readonly subresources?: readonly string[];
  } = {},
): ApiResource {
  const { namespaced = true, verbs = [], subresources = [] } = options;
  return { ...parseApiVersion(apiVersion), kind, plural, namespaced, verbs, subresources };
}

export interface PathOptions {
  /** Absent or empty: all namespaces, or a cluster-scoped resource. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/**
 * The path of a collection, an object or a subresource. Throws KubeError `bad-request` for names that would lead
 * elsewhere, such as `..` or one with a slash, because names may come from a guest.
 */
export function resourcePath(resource: ResourceAddress, { namespace, name, subresource }: PathOptions = {}): string {
  const root = resource.group === '' ? ['api'] : ['apis', resource.group];
  const parts = [...root, resource.version];
  if (namespace !== undefined && namespace !== '') {
    if (!resource.namespaced) throw new KubeError('bad-request', `${resource.plural} have no namespace`);
    parts.push('namespaces', namespace);
  } else if (resource.namespaced && name !== undefined) {
    throw new KubeError('bad-request', `${resource.plural} need a namespace`);
  }
  parts.push(resource.plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) {
    if (name === undefined) throw new KubeError('bad-request', `subresource ${subresource} needs an object`);
    parts.push(...subresource.split('/'));
  }
  return `/${parts.map(segment).join('/')}`;
}

function segment(part: string): string {
  // The API server's own rule for path segments: neither empty, nor a dot or two, nor with a slash or a percent sign.
  if (part === '' || part === '.' || part === '..' || /[/%]/.test(part)) {
    throw new KubeError('bad-request', `${JSON.stringify(part)} can't be part of a path`);
  }
  return encodeURIComponent(part);
}
