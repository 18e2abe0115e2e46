import { requestedKind, requestFacts, type PolicyRequest, type PolicyResponse } from '@ostiary/policy';
import type { EvaluationRecord, RequestFacts, Verdict } from '@ostiary/telemetry';
import type { PolicyRecord } from '../serving/policies.ts';

/**
 * What telemetry learns of an evaluation. Only what is needed is read from the request, at once: the record must not keep
 * a body of megabytes until it is sent.
 *
 * @param spans Whether spans are pushed, which tell more of the request than metrics do
 */
export function evaluationOf(
  { policy, mode, origin, verdict, response, evaluated, ms, request }: PolicyRecord,
  spans: boolean,
): EvaluationRecord {
  const isBroken = !evaluated && !verdict.allowed;
  return {
    origin,
    policy,
    mode,
    startedAt: performance.timeOrigin + performance.now() - ms,
    micros: Math.round(ms * 1000),
    status: 200,
    request: spans && !request.raw ? allFacts(request) : fewFacts(request),
    ...(isBroken ? { initializationError: verdict.status?.message ?? '' } : { verdict: ownVerdict(verdict) }),
    response: {
      allowed: response.allowed,
      mutated: response.patch !== undefined,
      code: response.status?.code,
      message: response.status?.message,
    },
  };
}

function ownVerdict({ allowed, patch, status }: PolicyResponse): Verdict {
  return { accepted: allowed, mutated: patch !== undefined, errorCode: status?.code };
}

function fewFacts(request: PolicyRequest): RequestFacts {
  const { uid, namespace, operation, raw } = request;
  return raw ? { uid } : { uid, namespace, operation, requestKind: requestedKind(request) };
}

function allFacts(request: PolicyRequest): RequestFacts {
  const { subResource, kind, resource, ...facts } = requestFacts(request);
  return {
    ...facts,
    subresource: subResource,
    kind: { group: kind.group, version: kind.version, name: kind.kind },
    resource: { group: resource.group, version: resource.version, name: resource.resource },
    requestKind: requestedKind(request),
  };
}
