import assert from 'node:assert/strict';
import type { Answer } from './server.ts';

/** What the API server asks about a small Pod. */
export function review(more: object = {}): { readonly request: object } {
  return {
    request: {
      uid: 'u1',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      operation: 'CREATE',
      name: 'a',
      namespace: 'default',
      userInfo: { username: 'jane' },
      object: { kind: 'Pod', metadata: { name: 'a' } },
      ...more,
    },
  };
}

const HEAD = '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":';

/** The response of a review, after its frame has been compared byte for byte. */
export function responseOf({ status, text }: Answer): { readonly [name: string]: unknown } {
  assert.equal(status, 200, text);
  assert.ok(text.startsWith(HEAD) && text.endsWith('}'), text);
  return JSON.parse(text.slice(HEAD.length, -1)) as ReturnType<typeof responseOf>;
}

/** What a response has beside `uid` and the members that are null. */
export function verdictOf(answer: Answer): object {
  const { uid, ...rest } = responseOf(answer);
  assert.equal(uid, 'u1');
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
}

/** What the echo policy was asked, out of its message. */
export function heard(answer: Answer): unknown {
  const { response } = JSON.parse(answer.text) as { response: { status: { message: string } } };
  return JSON.parse(Buffer.from(response.status.message, 'hex').toString()) as unknown;
}
