import { describe, object, string, type OpenApi, type Schema, type ValidationRule } from './schema.ts';

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'integer' | 'date';
  readonly jsonPath: string;
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority?: number;
  readonly description?: string;
}

export interface Version {
  readonly name: string;
  readonly storage: boolean;
  /** Shown to whoever uses this version. */
  readonly deprecationWarning?: string;
  readonly columns: readonly Column[];
  /** Members beside apiVersion, kind and metadata. */
  readonly members: Readonly<Record<string, Schema>>;
  /** Rules that look at the whole object, its name for instance. */
  readonly rules?: readonly ValidationRule[];
  readonly hasStatus: boolean;
}

/** One custom resource: everything that its CustomResourceDefinition says. */
export interface Resource {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly description: string;
  readonly versions: readonly Version[];
}

/** The CustomResourceDefinition of a resource, as plain data in the order in which people read it. */
export function manifest(resource: Resource): unknown {
  const { group, kind, plural, shortName, scope, versions } = resource;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      labels: { 'app.kubernetes.io/part-of': 'kubewarden' },
    },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames: [shortName] },
      scope,
      versions: versions.map((version) => versionManifest(resource, version)),
    },
  };
}

function versionManifest({ description }: Resource, version: Version): unknown {
  const { name, storage, deprecationWarning, columns, hasStatus } = version;
  return {
    name,
    served: true,
    storage,
    ...(deprecationWarning === undefined ? {} : { deprecated: true, deprecationWarning }),
    ...(hasStatus ? { subresources: { status: {} } } : {}),
    additionalPrinterColumns: columns,
    schema: { openAPIV3Schema: rootSchema(description, version) },
  };
}

function rootSchema(description: string, { members, rules }: Version): OpenApi {
  const root = object(
    { apiVersion: string(), kind: string(), metadata: object({}), ...members },
    rules === undefined ? {} : { 'x-kubernetes-validations': rules },
  );
  // The API server fills metadata in by itself and wants nothing said about what is in it.
  const properties = { ...root.openapi.properties, metadata: { type: 'object' as const } };
  return { ...describe(description, root).openapi, properties };
}
