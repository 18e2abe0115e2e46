import type { JsonObject, JsonValue } from '@ostiary/policy';
import { buildRequest, type RequestOptions } from './build.ts';
import type { Document } from './documents.ts';
import { InputError } from './errors.ts';
import type { FindKind } from './kinds.ts';
import { isObject, memberAt, nameOf, textAt } from './value.ts';

/** What a module is asked about, ready to be sent. */
export interface Subject {
  readonly kind: 'admission' | 'raw' | 'token-review' | 'subject-access-review';
  /** Where it is from, for messages. */
  readonly source: string;
  /** Of an admission: the AdmissionRequest. Otherwise the document as it is. */
  readonly value: JsonValue;
  /** Whether the request was made up around a bare object. */
  readonly built: boolean;
  readonly warning: string | undefined;
}

/**
 * What a document is: a review of one of the three gates, an AdmissionRequest, or an object, around which a request is
 * built. With `raw` any JSON is taken as it is. Throws InputError.
 */
export async function subjectOf(
  { source, value }: Document,
  raw: boolean,
  options: RequestOptions,
  find?: FindKind,
): Promise<Subject> {
  const plain = { source, built: false, warning: undefined };
  if (raw) return { ...plain, kind: 'raw', value };
  if (!isObject(value)) {
    throw new InputError(
      'wrong-shape',
      `${source}: Invalid request object: expected an object, found ${nameOf(value)}`,
    );
  }
  switch (textAt(value, 'kind')) {
    case 'AdmissionReview':
      return { ...plain, kind: 'admission', value: reviewed(value, source) };
    case 'TokenReview':
      return { ...plain, kind: 'token-review', value };
    case 'SubjectAccessReview':
      return { ...plain, kind: 'subject-access-review', value };
    case undefined:
      return { ...plain, kind: 'admission', value };
    default: {
      const { request, guessed } = await buildRequest(value, source, options, find);
      return { kind: 'admission', source, value: request, built: true, warning: guessed };
    }
  }
}

function reviewed(review: JsonObject, source: string): JsonValue {
  const request = memberAt(review, 'request');
  if (request !== undefined && request !== null) return request;
  throw new InputError('wrong-shape', `${source}: the AdmissionReview has no request`);
}

/** The body that a policy server would be sent. */
export function bodyOf({ kind, value }: Subject): Uint8Array {
  const text = JSON.stringify(value);
  return new TextEncoder().encode(kind === 'admission' || kind === 'raw' ? `{"request":${text}}` : text);
}

/** One short name for a table or a headline, such as `CREATE Pod default/web`. */
export function titleOf({ kind, value, source }: Subject): string {
  if (kind !== 'admission') return source;
  const name = textAt(value, 'name') ?? textAt(value, 'object', 'metadata', 'name') ?? generated(value);
  const type = textAt(value, 'kind', 'kind');
  // An API server says of a namespace that it is in itself.
  const namespace = type === 'Namespace' ? undefined : textAt(value, 'namespace');
  const what = [textAt(value, 'operation'), type].filter((word) => word !== undefined);
  const where = [namespace, name].filter((word) => word !== undefined).join('/');
  return [...what, where].filter((word) => word !== '').join(' ') || source;
}

function generated(value: JsonValue): string | undefined {
  const prefix = textAt(value, 'object', 'metadata', 'generateName');
  return prefix === undefined ? undefined : `${prefix}*`;
}
