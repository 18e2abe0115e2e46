import { CelError } from '../error.ts';
import { Duration, Timestamp, Uint } from '../value.ts';

const MAX_INT = (1n << 63n) - 1n;
const MIN_INT = -(1n << 63n);
const MAX_UINT = (1n << 64n) - 1n;
export const NANOS_PER_SECOND = 1_000_000_000n;

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z, the range of google.protobuf.Timestamp. */
const MIN_TIMESTAMP = -62_135_596_800n * NANOS_PER_SECOND;
const MAX_TIMESTAMP = 253_402_300_800n * NANOS_PER_SECOND - 1n;

export function int(value: bigint): bigint | CelError {
  return value > MAX_INT || value < MIN_INT ? new CelError('overflow', 'integer overflow') : value;
}

export function uint(value: bigint): Uint | CelError {
  return value > MAX_UINT || value < 0n ? new CelError('overflow', 'unsigned integer overflow') : new Uint(value);
}

export function timestamp(nanos: bigint): Timestamp | CelError {
  return nanos > MAX_TIMESTAMP || nanos < MIN_TIMESTAMP
    ? new CelError('overflow', 'timestamp out of range')
    : new Timestamp(nanos);
}

/** A duration counts nanoseconds in 64 bits, as Go's does: about 292 years. */
export function duration(nanos: bigint): Duration | CelError {
  return nanos > MAX_INT || nanos < MIN_INT ? new CelError('overflow', 'duration out of range') : new Duration(nanos);
}
