import { randomUUID } from 'node:crypto';
import type { ApiResource, KubeConfig } from '@ostiary/kube';
import type { JsonObject } from '@ostiary/policy';
import { kindsDefinedBy } from '../request/discovery.ts';
import type { Document } from '../request/documents.ts';
import { BUILT_IN_KINDS, builtInKind, groupOf, pluralOf } from '../request/kinds.ts';
import { isObject, memberAt, textAt } from '../request/value.ts';

/** Manifests that answer as a cluster does. */
export interface ManifestCluster {
  readonly kubeConfig: KubeConfig;
  stop(): Promise<void>;
}

type Named = JsonObject & { readonly metadata: { readonly name: string; readonly namespace?: string } };

/** The versions of groups whose kinds are known without a manifest. */
const VERSION = 'v1';

/**
 * Serves manifests as a cluster on loopback, to whoever knows a token that is drawn for it. Kinds are the built-in ones,
 * those that the manifests define, and those that occur in them. Objects without a namespace are in `default`.
 */
export async function startManifestCluster(documents: readonly Document[]): Promise<ManifestCluster> {
  const { startFakeApiServer } = await import('@ostiary/kube/testing');
  const token = randomUUID();
  const server = await startFakeApiServer({ tokens: new Set([token]), resources: builtInResources() });
  server.inject({ times: Infinity, match: asksForAccess, action: { type: 'answer', status: 201, body: NO_ACCESS } });
  const known = new Map(builtInResources().map((one) => [keyOf(one), one]));
  const find = kindsDefinedBy(documents);
  for (const { value } of documents) {
    const named = namedObject(value);
    if (!named) continue;
    const [apiVersion, kind] = [textAt(value, 'apiVersion') ?? '', textAt(value, 'kind') ?? ''];
    const names = builtInKind(apiVersion, kind) ?? (await find(apiVersion, kind)) ?? guessed(named, kind);
    const resource = resourceOf(groupOf(apiVersion), kind, names);
    const found = known.get(keyOf(resource));
    if (!found) server.define(resource);
    known.set(keyOf(resource), found ?? resource);
    server.put(found ?? resource, resource.namespaced ? inNamespace(named) : named);
  }
  return { kubeConfig: server.kubeConfig({ token }), stop: () => server.stop() };
}

function asksForAccess({ method, path }: { readonly method: string; readonly path: string }): boolean {
  return method === 'POST' && path.endsWith('/subjectaccessreviews');
}

/** Manifests grant nobody anything: what policies ask by `can_i` is answered with no. */
const NO_ACCESS = JSON.stringify({
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  metadata: {},
  status: { allowed: false, reason: 'manifests have no authorizer' },
});

function builtInResources(): readonly ApiResource[] {
  return BUILT_IN_KINDS.map(({ group, kind, names }) => resourceOf({ group, version: VERSION }, kind, names));
}

function resourceOf(
  { group, version }: { readonly group: string; readonly version: string },
  kind: string,
  { plural, namespaced }: { readonly plural: string; readonly namespaced: boolean },
): ApiResource {
  return { group, version, kind, plural, namespaced, verbs: ['get', 'list', 'watch'], subresources: [] };
}

function keyOf({ group, version, kind }: ApiResource): string {
  return `${group}/${version}/${kind}`;
}

function namedObject(value: Document['value']): Named | undefined {
  if (!isObject(value) || textAt(value, 'kind') === undefined) return undefined;
  // Numbers keep their spelling in requests; here they are looked at, and nothing more.
  const plain = JSON.parse(JSON.stringify(value)) as JsonObject;
  return isNamed(plain) ? plain : undefined;
}

function isNamed(value: JsonObject): value is Named {
  return (
    textAt(value, 'metadata', 'name') !== undefined &&
    typeof (memberAt(value, 'metadata', 'namespace') ?? '') === 'string'
  );
}

function guessed(object: Named, kind: string): { readonly plural: string; readonly namespaced: boolean } {
  return { plural: pluralOf(kind), namespaced: object.metadata.namespace !== undefined };
}

function inNamespace(object: Named): Named {
  return { ...object, metadata: { namespace: 'default', ...object.metadata } };
}
