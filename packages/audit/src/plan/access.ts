import { create, resource, type KubeClient, type KubeObject } from '@ostiary/kube';
import type { AuthorizerDecision, AuthorizerQuery } from '@ostiary/cel';
import { defined, recordAt, textAt } from '../json.ts';
import type { AuditUser } from '../request.ts';
import type { ConditionInput, Conditions, ConditionsResult } from './conditions.ts';

/** Answers what match conditions ask of `authorizer`. */
export type ReviewAccess = (query: AuthorizerQuery) => Promise<AuthorizerDecision>;

/** An expression has at most this many questions that depend on each other. */
const MAX_ROUNDS = 8;

const REVIEWS = resource('authorization.k8s.io/v1', 'SubjectAccessReview', 'subjectaccessreviews', {
  namespaced: false,
});

/**
 * Evaluates conditions that may ask an authorizer. Evaluation doesn't wait, so it is repeated with the answers to what
 * it asked. Without a reviewer such conditions fail.
 */
export async function testConditions(
  conditions: Conditions,
  input: ConditionInput,
  review: ReviewAccess | undefined,
): Promise<ConditionsResult> {
  if (review === undefined) return conditions.test(input);
  const known = new Map<string, AuthorizerDecision>();
  let result: ConditionsResult = { type: 'failed', message: 'a match condition asks the authorizer without end' };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const asked = new Map<string, AuthorizerQuery>();
    result = conditions.test(input, (query) => {
      const key = JSON.stringify(query);
      const answer = known.get(key);
      if (answer === undefined) asked.set(key, query);
      return answer;
    });
    if (result.type !== 'failed' || asked.size === 0) return result;
    for (const [key, query] of asked) known.set(key, await review(query));
  }
  return result;
}

/** Asks the API server with SubjectAccessReviews for `user`, who is said to make the requests. */
export function subjectAccessReviewer(client: KubeClient, user: AuditUser): ReviewAccess {
  return async (query) => {
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: specOf(query, user) };
    const object = { metadata: { name: '' }, ...review };
    const answer = await create<KubeObject>(client, REVIEWS, object);
    const status = recordAt(answer, 'status');
    return { allowed: status['allowed'] === true, reason: textAt(status, 'reason') ?? '' };
  };
}

function specOf(query: AuthorizerQuery, user: AuditUser): object {
  const { verb, path, group, resource: plural, subresource, namespace, name, serviceAccount } = query;
  const [saNamespace = '', saName = ''] = (serviceAccount ?? '').split('/');
  const who =
    serviceAccount === undefined
      ? { user: user.username, groups: user.groups }
      : { user: `system:serviceaccount:${saNamespace}:${saName}` };
  if (path !== undefined) return { ...who, nonResourceAttributes: { path, verb } };
  return { ...who, resourceAttributes: defined({ verb, group, resource: plural, subresource, namespace, name }) };
}
