import assert from 'node:assert/strict';
import { admitter, bytesOf, guest } from '../fixtures.ts';
import type { AdmissionModule, CallModule } from '../module.ts';

// Data for the tests of admission: one review, and the answers of modules to it.

export const OBJECT =
  '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"cfg"},"data":{"a":"b"},"big":9007199254740993,"f":1.0}';

/** A review of `object` as an API server writes it: compact, object and options always there. */
export function reviewText(object = OBJECT, version = 'v1', request: object = {}): string {
  const before = {
    uid: 'u1',
    kind: { group: '', version: 'v1', kind: 'ConfigMap' },
    resource: { group: '', version: 'v1', resource: 'configmaps' },
    name: 'cfg',
    namespace: 'team-a',
    operation: 'CREATE',
    ...request,
  };
  return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/${version}","request":${JSON.stringify(before).slice(0, -1)},"object":${object},"oldObject":null,"dryRun":false}}`;
}

export const REVIEW = bytesOf(reviewText());
export const DELETE = bytesOf(reviewText('null', 'v1', { operation: 'DELETE' }));

export function review(response: object | null, more: object = {}): unknown {
  return {
    response: {
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      response: response && { uid: 'u1', ...response },
      ...more,
    },
  };
}

export function says(response: object | null): CallModule {
  return guest(() => review(response));
}

export function full(object: string): object {
  return { allowed: true, patchType: 'Full', patch: btoa(object) };
}

export function jsonPatch(...operations: object[]): object {
  return { allowed: true, patchType: 'JSONPatch', patch: btoa(JSON.stringify(operations)) };
}

/** The JSONPatch of an answer as text. */
export function patchOf(response: { [name: string]: unknown }): string | undefined {
  const { patch, patchType } = response;
  assert.ok(patch === undefined || typeof patch === 'string');
  assert.equal(patchType, patch === undefined ? undefined : 'JSONPatch');
  return patch === undefined ? undefined : new TextDecoder().decode(Uint8Array.fromBase64(patch));
}

export function mutating(call: CallModule, more: Partial<AdmissionModule> = {}): AdmissionModule {
  return admitter(call, { mutating: true, ...more });
}

export function kubewarden(answer: unknown, more: Partial<AdmissionModule> = {}): AdmissionModule {
  return admitter(
    guest(() => answer),
    { type: 'kubewarden', ...more },
  );
}
