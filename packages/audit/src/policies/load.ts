import { list, type Discovery, type KubeClient, type KubeObject } from '@ostiary/kube';
import { AuditError } from '../errors.ts';
import type { Policy } from './policy.ts';
import { POLICIES_GROUP, POLICY_KINDS, readPolicy } from './read.ts';

/** Policies as they were found, and what is wrong with those that can't be read. */
export interface LoadedPolicies {
  readonly policies: readonly Policy[];
  readonly unreadable: readonly AuditError[];
}

/** All policies of the cluster. A kind that the server doesn't have has none. Throws KubeError. */
export async function loadPolicies(
  client: KubeClient,
  discovery: Discovery,
  signal?: AbortSignal,
): Promise<LoadedPolicies> {
  const objects: KubeObject[] = [];
  for (const kind of POLICY_KINDS) {
    const resource = await discovery.resourceFor({ apiVersion: `${POLICIES_GROUP}/v1`, kind });
    if (resource === undefined) continue;
    for await (const object of list(client, { resource }, { signal })) objects.push(object);
  }
  return readPolicies(objects, 'cluster');
}

/** One policy that can't be read doesn't keep the others from being audited. */
export function readPolicies(objects: readonly KubeObject[], source: 'cluster' | 'file'): LoadedPolicies {
  const policies: Policy[] = [];
  const unreadable: AuditError[] = [];
  for (const object of objects) {
    try {
      policies.push(readPolicy(object, source));
    } catch (error) {
      if (!(error instanceof AuditError)) throw error;
      unreadable.push(error);
    }
  }
  return { policies, unreadable };
}
