import { type Member, scan } from '../json/scan.ts';
import { select } from '../json/selection.ts';
import { type Edit, splice } from '../json/splice.ts';
import { isUnset, textOf } from '../json/text.ts';
import { asV1, ReviewError, type ReviewKind, type ReviewVersion, versionOf } from '../review.ts';
import type { RequestAttributes } from '../rules.ts';

export const ADMISSION_REVIEW: ReviewKind = { group: 'admission.k8s.io', kind: 'AdmissionReview' };

const SELECTION = select(
  'apiVersion',
  'kind',
  'request',
  'request.uid',
  'request.operation',
  'request.namespace',
  'request.subResource',
  'request.resource.group',
  'request.resource.version',
  'request.resource.resource',
  'request.object',
);
type Path = (typeof SELECTION)['root'] extends { readonly path: (infer P) | undefined } ? P : never;

/** An AdmissionReview as far as the gate reads it; the rest stays bytes. */
export interface AdmissionReview {
  readonly body: Uint8Array;
  readonly version: ReviewVersion;
  readonly uid: string;
  readonly attributes: RequestAttributes;
  readonly request: Member;
  /** Undefined when there is no object to change: absent or null, as in a DELETE. */
  readonly object: Member | undefined;
  /** The edit that makes a review of v1beta1 one of v1. */
  readonly edits: readonly Edit[];
}

/**
 * Finds the members that matching and patching need. `resource`, not `requestResource`, is what rules see: with
 * matchPolicy Equivalent, it and the object are what the API server converted to. Throws ReviewError or JsonError.
 */
export function readAdmissionReview(body: Uint8Array): AdmissionReview {
  const found = scan(body, SELECTION);
  const version = versionOf(body, found, ADMISSION_REVIEW);
  const request = found.request;
  if (request === undefined || isUnset(body, request)) throw new ReviewError('request: expected an object');

  function text(path: Path, fallback?: string): string {
    const value = isUnset(body, found[path]) ? fallback : textOf(body, found[path]);
    if (value === undefined) throw new ReviewError(`${path}: expected a string`);
    return value;
  }

  return {
    body,
    version,
    uid: text('request.uid'),
    attributes: {
      operation: text('request.operation'),
      group: text('request.resource.group', ''),
      version: text('request.resource.version'),
      resource: text('request.resource.resource'),
      subresource: text('request.subResource', ''),
      namespace: text('request.namespace', ''),
    },
    request,
    object: isUnset(body, found['request.object']) ? undefined : found['request.object'],
    edits: asV1(version, found.apiVersion, ADMISSION_REVIEW),
  };
}

/** The whole review in version v1, with `object` (what the modules before made of it) in place of the original one. */
export function reviewSegments(review: AdmissionReview, object: Uint8Array | undefined): Uint8Array[] {
  return splice(review.body, 0, review.body.length, [...review.edits, ...objectEdit(review, object)]);
}

/** The inner AdmissionRequest alone, likewise. */
export function requestSegments(review: AdmissionReview, object: Uint8Array | undefined): Uint8Array[] {
  return splice(review.body, review.request.start, review.request.end, objectEdit(review, object));
}

function objectEdit(review: AdmissionReview, object: Uint8Array | undefined): Edit[] {
  if (review.object === undefined || object === undefined) return [];
  return [{ start: review.object.start, end: review.object.end, bytes: object }];
}
