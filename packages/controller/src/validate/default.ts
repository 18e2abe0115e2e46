import { DEFAULT_POLICY_SERVER, FINALIZER, type ResourceKind } from '../api/names.ts';
import { list, member, text } from './json.ts';

/** One operation of a JSON Patch (RFC 6902). */
export type PatchOperation = { readonly op: 'add'; readonly path: string; readonly value: unknown };

/**
 * The patch that fills in what an object leaves out (contract: controller §2.1): `default` for an empty policy server,
 * and the finalizer of a PolicyServer. Policies get their finalizer from the controller once they are active, so that
 * they can be deleted when there is no controller any more.
 */
export function defaultObject(kind: ResourceKind, object: unknown): readonly PatchOperation[] {
  return kind === 'PolicyServer' ? finalizer(object) : policyServer(object);
}

function policyServer(object: unknown): readonly PatchOperation[] {
  if (text(object, 'spec', 'policyServer') !== '') return [];
  const parent = member(object, 'spec') === undefined ? [{ op: 'add', path: '/spec', value: {} } as const] : [];
  return [...parent, { op: 'add', path: '/spec/policyServer', value: DEFAULT_POLICY_SERVER }];
}

function finalizer(object: unknown): readonly PatchOperation[] {
  const metadata = member(object, 'metadata');
  const finalizers = list(metadata, 'finalizers');
  if (member(metadata, 'deletionTimestamp') !== undefined || finalizers.includes(FINALIZER)) return [];
  return finalizers.length === 0
    ? [{ op: 'add', path: '/metadata/finalizers', value: [FINALIZER] }]
    : [{ op: 'add', path: '/metadata/finalizers/-', value: FINALIZER }];
}
