import type { Guest, Outcome } from '@ostiary/sandbox';
import * as assert from './assert.ts';
import { callText, outputText } from './sandbox-host.ts';

export type Json = Record<string, unknown>;

export const UID = '0d4c1b0e-1111-4222-8333-444455556666';

/** A review of a CREATE, or of a DELETE when there is no object. */
export function admissionReview(object: unknown, kind: string, namespace: string): Json {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: UID,
      kind: { group: '', version: 'v1', kind },
      namespace,
      operation: object === null ? 'DELETE' : 'CREATE',
      object,
      oldObject: null,
    },
  };
}

/** The `response` of an operation to a request; settings that are undefined are left out. */
export function ask(guest: Guest, operation: string, request: Json, settings?: Json | null): Json {
  return responseOf(callText(guest, operation, JSON.stringify({ request, settings })));
}

/** The `response` of an outcome whose envelope carries no error. */
export function responseOf(outcome: Outcome): Json {
  const envelope = envelopeOf(outcome);
  assert.ok((envelope['error'] ?? '') === '', String(envelope['error']));
  return envelope['response'] as Json;
}

/** The JSON document that a call gave. */
export function envelopeOf(outcome: Outcome): Json {
  assert.ok(outcome.ok, 'failure' in outcome ? outcome.failure.message : '');
  return JSON.parse(outputText(outcome) ?? '') as Json;
}

/** What a probe operation answers, which is no envelope. */
export function answer(probe: Guest, operation: string): Json {
  return envelopeOf(callText(probe, operation, '{}'));
}

/** The members of these names, in this order. */
export function pick(from: Json, ...names: string[]): unknown[] {
  return names.map((name) => from[name]);
}

/** Every expected member is there and deeply equal; toolchains differ in the empty ones they write. */
export function assertIncludes(found: unknown, expected: Json): void {
  for (const [name, value] of Object.entries(expected)) {
    assert.deepEqual((found as Json)[name], value, `${name} of ${JSON.stringify(found)}`);
  }
}
