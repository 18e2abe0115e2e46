import { parseCapabilityPatterns } from '@ostiary/registry';
import type { HostCall } from '@ostiary/sandbox';
import type { HostGrants } from './contract.ts';
import { OPERATIONS, type ReadRequest } from './request/operations.ts';
import type { CapabilityRequest } from './request/request.ts';

/** What a call asks for, or why it is refused. */
export type Admitted =
  | { readonly ok: true; readonly read: ReadRequest }
  | { readonly ok: false; readonly error: string; readonly reason: 'unknown' | 'denied' };

const NAMESPACES: ReadonlySet<string> = new Set(['kubernetes', 'oci', 'net', 'crypto', 'tracing']);

/** Lists of patterns that have been read; as many as there are policies, in a large cluster. */
const MAX_KEPT = 1000;

/** Grants that were read already, by their text: reading them costs more than the rest of the gate. */
export type GrantsRead = Map<string, (path: string) => boolean>;

/** Whether a policy may make a call (contract: policy-server §8.1). Which kinds it may read, {@link deniedKind} says. */
export function admit(call: HostCall, grants: HostGrants, known: GrantsRead): Admitted {
  const { binding, namespace, operation } = call;
  if (binding !== 'kubewarden') return refused('unknown', `unknown binding: ${binding}`);
  const path = `${namespace}/${operation}`;
  if (namespace !== 'tracing' && !allows(grants, known)(path)) {
    return refused(
      'denied',
      `Policy has not been granted access to the '${path}' host capability. The violation has been reported.`,
    );
  }
  if (!NAMESPACES.has(namespace)) return refused('unknown', `unknown namespace: ${namespace}`);
  const read = OPERATIONS.get(path);
  return read ? { ok: true, read } : refused('unknown', `unknown operation: ${operation}`);
}

/** The refusal of a request for objects of a kind that the policy may not read. */
export function deniedKind({ fields }: CapabilityRequest, grants: HostGrants): string | undefined {
  if (!('api_version' in fields)) return undefined;
  const { api_version: apiVersion, kind } = fields;
  const isGranted = grants.contextAwareResources.some(
    (granted) => granted.apiVersion === apiVersion && granted.kind === kind,
  );
  return isGranted
    ? undefined
    : `Policy has not been granted access to Kubernetes ${apiVersion}/${kind} resources. The violation has been reported.`;
}

function allows({ hostCapabilities }: HostGrants, known: GrantsRead): (path: string) => boolean {
  const key = JSON.stringify(hostCapabilities);
  const read = known.get(key) ?? allowed(hostCapabilities);
  if (known.size >= MAX_KEPT) known.clear();
  known.set(key, read);
  return read;
}

function allowed(patterns: readonly string[]): (path: string) => boolean {
  const read = parseCapabilityPatterns(patterns);
  // Configurations with unreadable patterns are refused before they serve; one that got here grants nothing.
  if (!read.ok) return () => false;
  // `*` also grants what does not exist, so that a guest is told that it doesn't.
  return patterns.some((pattern) => pattern.trim() === '*') ? () => true : read.allows;
}

function refused(reason: 'unknown' | 'denied', error: string): Admitted {
  return { ok: false, error, reason };
}
