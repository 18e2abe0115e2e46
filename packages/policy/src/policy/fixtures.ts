import type { Outcome } from '@ostiary/sandbox';
import { bytesOf } from '../fixtures.ts';
import type { CallPolicy, Judge } from './evaluate.ts';
import type { PolicyKind } from './kind.ts';
import { payloadOf } from './payload.ts';
import { type PolicyRequest, readPolicyRequest, readRawRequest } from './request.ts';

// Data for the tests of this folder. A policy is its call, so a guest here is a plain function from input to output.

/** The request that an API server makes of a small Pod, as an object to be changed by tests. */
export function admissionRequest(more: object = {}): object {
  return {
    uid: 'u1',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    requestKind: { group: '', version: 'v1', kind: 'Pod' },
    name: 'a',
    namespace: 'default',
    operation: 'CREATE',
    userInfo: { username: 'jane', groups: ['g'] },
    object: { kind: 'Pod', metadata: { name: 'a' } },
    ...more,
  };
}

export function admission(more: object = {}): PolicyRequest {
  return readPolicyRequest(bytesOf({ request: admissionRequest(more) }));
}

export function raw(request: unknown): PolicyRequest {
  return readRawRequest(bytesOf({ request }));
}

export function textOf(segments: readonly Uint8Array[]): string {
  return segments.map((segment) => new TextDecoder().decode(segment)).join('');
}

export function answers(value: unknown): CallPolicy {
  return () => ({ ok: true, output: bytesOf(value), micros: 1 });
}

export function failure(
  code: Extract<Outcome, { ok: false }>['failure']['code'],
  message = '',
  stderr = '',
): CallPolicy {
  return () => ({ ok: false, failure: { code, message, stderr }, micros: 1 });
}

export function policy(kind: PolicyKind, call: CallPolicy, settings = '{}'): Judge {
  return { kind, payload: payloadOf(kind, settings), call };
}
