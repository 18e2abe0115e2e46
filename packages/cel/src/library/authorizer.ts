import { CelError } from '../error.ts';
import type { AuthorizerQuery, Meter } from '../evaluate/meter.ts';
import { BOOL, objectType, STRING, type Typed } from '../types.ts';
import { Opaque } from '../value.ts';
import { method, type Overload, type Result } from './define.ts';

const PATH_CHECK = objectType('kubernetes.authorization.PathCheck');
const GROUP_CHECK = objectType('kubernetes.authorization.GroupCheck');
export const RESOURCE_CHECK = objectType('kubernetes.authorization.ResourceCheck');
const DECISION = objectType('kubernetes.authorization.Decision');
export const AUTHORIZER = objectType('kubernetes.authorization.Authorizer', { requestResource: RESOURCE_CHECK });

type Query = Partial<AuthorizerQuery>;

/** The value of the variable `authorizer`; whom it asks is decided when an expression is evaluated. */
export const AUTHORIZER_VALUE: Opaque = query(AUTHORIZER, {});

function query(type: Typed<Opaque>, parts: Query): Opaque {
  return new Opaque(type, JSON.stringify(parts), parts);
}

/** A method that adds what its argument says to the question. */
function refine(from: Typed<Opaque>, to: Typed<Opaque>, part: keyof AuthorizerQuery): Overload {
  return method([from, STRING], to, ([check, text]) => query(to, { ...(check.data as Query), [part]: text }));
}

function decide(check: Opaque, verb: string, meter: Meter): Result {
  // The API server's own charge for a check, which may ask a webhook.
  meter.charge(350_000);
  const decision = meter.authorize?.({ ...(check.data as Query), verb });
  return decision === undefined
    ? new CelError('unavailable', 'the authorizer is not available offline')
    : new Opaque(DECISION, JSON.stringify([decision.allowed, decision.reason]), decision);
}

export const AUTHORIZATION: Readonly<Record<string, readonly Overload[]>> = {
  path: [refine(AUTHORIZER, PATH_CHECK, 'path')],
  group: [refine(AUTHORIZER, GROUP_CHECK, 'group')],
  serviceAccount: [
    method([AUTHORIZER, STRING, STRING], AUTHORIZER, ([check, namespace, name]) =>
      query(AUTHORIZER, { ...(check.data as Query), serviceAccount: `${namespace}/${name}` }),
    ),
  ],
  resource: [refine(GROUP_CHECK, RESOURCE_CHECK, 'resource')],
  subresource: [refine(RESOURCE_CHECK, RESOURCE_CHECK, 'subresource')],
  namespace: [refine(RESOURCE_CHECK, RESOURCE_CHECK, 'namespace')],
  name: [refine(RESOURCE_CHECK, RESOURCE_CHECK, 'name')],
  fieldSelector: [refine(RESOURCE_CHECK, RESOURCE_CHECK, 'fieldSelector')],
  labelSelector: [refine(RESOURCE_CHECK, RESOURCE_CHECK, 'labelSelector')],
  check: [
    method([PATH_CHECK, STRING], DECISION, ([check, verb], meter) => decide(check, verb, meter)),
    method([RESOURCE_CHECK, STRING], DECISION, ([check, verb], meter) => decide(check, verb, meter)),
  ],
  allowed: [method([DECISION], BOOL, ([decision]) => (decision.data as { allowed: boolean }).allowed)],
  reason: [method([DECISION], STRING, ([decision]) => (decision.data as { reason: string }).reason)],
  errored: [method([DECISION], BOOL, () => false)],
  error: [method([DECISION], STRING, () => '')],
};
