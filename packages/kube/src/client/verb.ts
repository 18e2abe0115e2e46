/** What a request counts as, in the words of Kubernetes' authorization. */
export type KubeVerb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  /** Discovery and other paths that are no resource. */
  | 'other';

/** Tells the verb from method and path. `watch` says whether the query asks for one. */
export function verbOf(method: string, path: string, watch: boolean): KubeVerb {
  const segments = path.split('/').slice(1);
  const inGroup = segments[0] === 'api' ? segments.slice(2) : segments[0] === 'apis' ? segments.slice(3) : [];
  const inNamespace = inGroup[0] === 'namespaces' && inGroup.length > 2 ? inGroup.slice(2) : inGroup;
  if (inNamespace.length === 0) return 'other';
  const isCollection = inNamespace.length === 1;
  switch (method) {
    case 'GET':
      if (watch) return 'watch';
      return isCollection ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return isCollection ? 'deletecollection' : 'delete';
    default:
      return 'other';
  }
}
