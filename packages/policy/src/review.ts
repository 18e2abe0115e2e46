import { JsonError } from './json/error.ts';
import type { Member, Members } from './json/scan.ts';
import type { Edit } from './json/splice.ts';
import { textOf } from './json/text.ts';
import type { GateAnswer } from './module.ts';

/** The versions in which an API server may speak; modules always read v1. */
export type ReviewVersion = 'v1' | 'v1beta1';

/** A kind of review: one per gate. */
export interface ReviewKind {
  readonly group: string;
  readonly kind: string;
}

/** A body that is JSON, but not the review its gate answers. The message never quotes more than apiVersion and kind. */
export class ReviewError extends Error {
  readonly code = 'invalid-review';

  constructor(message: string) {
    super(message);
    this.name = 'ReviewError';
  }
}

/** The version of a review of the given kind. Throws ReviewError when the body says it is something else. */
export function versionOf(
  body: Uint8Array,
  found: Members<'apiVersion' | 'kind'>,
  expected: ReviewKind,
): ReviewVersion {
  const apiVersion = textOf(body, found.apiVersion);
  if (textOf(body, found.kind) !== expected.kind) throw mismatch('kind', expected.kind, textOf(body, found.kind));
  if (apiVersion === `${expected.group}/v1`) return 'v1';
  if (apiVersion === `${expected.group}/v1beta1`) return 'v1beta1';
  throw mismatch('apiVersion', `${expected.group}/v1 or ${expected.group}/v1beta1`, apiVersion);
}

function mismatch(name: string, expected: string, found: string | undefined): ReviewError {
  return new ReviewError(`${name}: expected ${expected}, found ${found === undefined ? 'no string' : quoted(found)}`);
}

function quoted(text: string): string {
  return JSON.stringify(text.length <= 64 ? text : `${text.slice(0, 64)}…`);
}

const encoder = new TextEncoder();

/** The edit by which a review of version v1beta1 becomes one of v1; none for v1. */
export function asV1(version: ReviewVersion, apiVersion: Member | undefined, expected: ReviewKind): Edit[] {
  if (version === 'v1' || apiVersion === undefined) return [];
  return [{ start: apiVersion.start, end: apiVersion.end, bytes: encoder.encode(`"${expected.group}/v1"`) }];
}

/** Status 400 for a body that is no such review. Rethrows errors that say something else. */
export function invalidAnswer(error: unknown, expected: ReviewKind): GateAnswer {
  if (!(error instanceof ReviewError) && !(error instanceof JsonError)) throw error;
  const message = `the request body is no ${expected.kind} of ${expected.group}: ${error.message}`;
  return { status: 400, body: JSON.stringify({ message }), decision: 'invalid', failures: [] };
}
