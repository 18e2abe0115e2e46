import type { PolicyServer } from '../cluster/objects.ts';
import { commonLabels, objectName } from './names.ts';
import { ownedMeta, type Desired } from './owned.ts';

/** The service account that the pods run as: the one that is asked for, or one of their own. */
export function accountOf({ metadata, spec }: PolicyServer): { readonly name: string; readonly isOwn: boolean } {
  const { serviceAccountName = '' } = spec;
  return serviceAccountName === ''
    ? { name: objectName(metadata.name), isOwn: true }
    : { name: serviceAccountName, isOwn: false };
}

export interface AccessObjects {
  /** Undefined if somebody else's is used. */
  readonly account: Desired | undefined;
  readonly role: Desired;
  readonly binding: Desired;
}

/**
 * What pods need that follow their ConfigMap: to read and watch this one, and to say in an annotation of their pod what
 * they serve. A Role can't name pods that don't exist yet, so the second is for pods of the namespace.
 */
export function accessOf(server: PolicyServer, namespace: string): AccessObjects {
  const metadata = ownedMeta(server, namespace, { labels: commonLabels(server.metadata.name) });
  const account = accountOf(server);
  const rbac = 'rbac.authorization.k8s.io';
  return {
    account: account.isOwn ? { apiVersion: 'v1', kind: 'ServiceAccount', metadata } : undefined,
    role: {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: [''], resources: ['configmaps'], resourceNames: [metadata.name], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['patch'] },
      ],
    },
    binding: {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: account.name, namespace }],
    },
  };
}
