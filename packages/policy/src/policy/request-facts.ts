import { textOf } from '../json/text.ts';
import type { PolicyRequest } from './request.ts';
import { numberOf, type RequestPath } from './request-shape.ts';

/** What logs, metrics and traces may tell of a request; empty where it says nothing. */
export interface RequestFacts {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly operation: string;
  readonly subResource: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
}

/** Reads them; only who tells them pays for it. */
export function requestFacts({ body, found, uid, namespace, operation }: PolicyRequest): RequestFacts {
  const text = (path: RequestPath): string => textOf(body, found[numberOf(path)]) ?? '';
  return {
    uid,
    name: text('request.name'),
    namespace,
    operation,
    subResource: text('request.subResource'),
    kind: {
      group: text('request.kind.group'),
      version: text('request.kind.version'),
      kind: text('request.kind.kind'),
    },
    resource: {
      group: text('request.resource.group'),
      version: text('request.resource.version'),
      resource: text('request.resource.resource'),
    },
  };
}

const REQUEST_KIND = numberOf('request.requestKind.kind');

/** The kind that the client asked for, before any conversion; empty when the request does not say. */
export function requestedKind({ body, found }: PolicyRequest): string {
  return textOf(body, found[REQUEST_KIND]) ?? '';
}
