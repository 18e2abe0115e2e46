import type { KubeObject } from '../object.ts';
import { resource } from '../paths.ts';

/** `coordination.k8s.io/v1` Lease. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  /** Absent or empty: nobody holds it. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  /** RFC 3339 with microseconds; written for people and never compared, because clocks differ. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export const LEASES = resource('coordination.k8s.io/v1', 'Lease', 'leases');

/** `metav1.MicroTime`. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

/** The record of a holder that takes or keeps a lease; `before` is what the lease said. */
export function heldSpec(before: LeaseSpec | undefined, identity: string, leaseSeconds: number, now: Date): LeaseSpec {
  const keeps = before?.holderIdentity === identity;
  const time = microTime(now);
  return {
    ...before,
    holderIdentity: identity,
    leaseDurationSeconds: leaseSeconds,
    acquireTime: keeps ? (before.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: (before?.leaseTransitions ?? 0) + (keeps || before === undefined ? 0 : 1),
  };
}

/** The record that lets the next candidate in at once. */
export function releasedSpec(before: LeaseSpec, now: Date): LeaseSpec {
  const time = microTime(now);
  return { ...before, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time };
}

/** Whether two records are the same: a holder that renews changes its record. */
export function sameSpec(a: LeaseSpec | undefined, b: LeaseSpec | undefined): boolean {
  return (
    a?.holderIdentity === b?.holderIdentity &&
    a?.renewTime === b?.renewTime &&
    a?.acquireTime === b?.acquireTime &&
    a?.leaseTransitions === b?.leaseTransitions &&
    a?.leaseDurationSeconds === b?.leaseDurationSeconds
  );
}
