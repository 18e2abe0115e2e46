/** What every Kubernetes object has. Specific kinds extend it; unknown members stay as they came. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly generateName?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** `metav1.Condition`. Times are RFC 3339 texts, as in the JSON. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** Names one object of a resource. */
export interface ObjectRef {
  /** Absent for cluster-scoped resources. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** `namespace/name`, or `name` alone for an object without a namespace: unambiguous, since neither holds a slash. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The key of an object, see {@link keyOf}. */
export function objectKey(object: { readonly metadata: Pick<ObjectMeta, 'name' | 'namespace'> }): string {
  return keyOf(object.metadata.namespace, object.metadata.name);
}

/** The inverse of {@link keyOf}. */
export function refOf(key: string): ObjectRef {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** A reference by which `owner` owns another object; the one controller by default. Throws for an owner without a uid. */
export function ownerReference(owner: KubeObject, controller = true): OwnerReference {
  const { name, uid } = owner.metadata;
  if (uid === undefined) throw new TypeError(`${owner.kind} ${name} has no uid: it was not read from the API`);
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller, blockOwnerDeletion: controller };
}
