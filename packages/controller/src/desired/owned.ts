import type { KubeObject, ObjectMeta, OwnerReference } from '@ostiary/kube';
import type { PolicyServer } from '../cluster/objects.ts';
import { objectName } from './names.ts';

/** An object to be applied: only what we want to be ours is in it. */
export type Desired = KubeObject & Readonly<Record<string, unknown>>;

/** What its owner's deletion takes along. Not as its controller, which an adopted object may have already. */
export function ownedBy({ apiVersion, kind, metadata }: PolicyServer): readonly OwnerReference[] {
  const { name, uid = '' } = metadata;
  return [{ apiVersion, kind, name, uid }];
}

/** Metadata of an object that belongs to a PolicyServer and is called after it. */
export function ownedMeta(server: PolicyServer, namespace: string, meta: Partial<ObjectMeta> = {}): ObjectMeta {
  return { namespace, name: objectName(server.metadata.name), ownerReferences: ownedBy(server), ...meta };
}
