import { problem, type HttpProblem } from './problem.ts';

/** The endpoints of the three gates. */
export type Endpoint = 'authn' | 'authz' | 'admit' | 'admit-mut';

/** How a policy is asked: as the API server asks, as the audit scanner asks, or about any JSON (contract: policy-server §4.1). */
export type PolicyOrigin = 'validate' | 'audit' | 'validate_raw';

/** A policy that is asked. */
export interface PolicyTarget {
  readonly origin: PolicyOrigin;
  /** Percent-decoded, not empty; `group/member` names a member of a group. */
  readonly id: string;
}

export type Target = Endpoint | PolicyTarget;

/** `/mut-admit` is what the original's webhook proof of concept served; its README says `/admit-mut` (contract: fork §10.1). */
const ROUTES: Readonly<Record<string, Endpoint>> = {
  '/authn': 'authn',
  '/authz': 'authz',
  '/admit': 'admit',
  '/admit-mut': 'admit-mut',
  '/mut-admit': 'admit-mut',
};

/** Paths that end in the id of a policy, with the length of what precedes it. */
const POLICY_ROUTES: readonly { readonly prefix: string; readonly origin: PolicyOrigin }[] = [
  { prefix: '/validate/', origin: 'validate' },
  { prefix: '/audit/', origin: 'audit' },
  { prefix: '/validate_raw/', origin: 'validate_raw' },
];

const NOT_UTF8 = problem(400, 'expected a policy id of percent-encoded UTF-8', 'policy');
/** A group and one of its members is all that an id can name; the status is the original's (contract: policy-server §4.2). */
const TOO_DEEP = problem(500, 'Something went wrong', 'policy');
const NO_ID = problem(404, '', 'empty');

/**
 * What a request URL names: an endpoint of a gate, a policy, why it can't be answered, or nothing. A query (the API server
 * adds `?timeout=10s` to webhook calls) does not matter.
 */
export function targetOf(url: string): Target | HttpProblem | undefined {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  if (Object.hasOwn(ROUTES, path)) return ROUTES[path];
  for (const { prefix, origin } of POLICY_ROUTES) {
    if (path.startsWith(prefix)) return policyTarget(origin, path.slice(prefix.length));
  }
  return undefined;
}

function policyTarget(origin: PolicyOrigin, segment: string): PolicyTarget | HttpProblem {
  if (segment === '' || segment.includes('/')) return NO_ID;
  const id = segment.includes('%') ? decodeSegment(segment) : segment;
  if (id === undefined) return NOT_UTF8;
  return id.indexOf('/') === id.lastIndexOf('/') ? { origin, id } : TOO_DEEP;
}

/** Decodes what is encoded and leaves a `%` that encodes nothing as it is; undefined when the bytes are no UTF-8. */
function decodeSegment(segment: string): string | undefined {
  try {
    return segment.replaceAll(/(?:%[\dA-Fa-f]{2})+/g, decodeURIComponent);
  } catch {
    return undefined;
  }
}
