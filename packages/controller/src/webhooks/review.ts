import type { ResourceKind } from '../api/names.ts';
import { ownPath, WEBHOOK_KINDS } from '../desired/own-webhooks.ts';
import { defaultObject } from '../validate/default.ts';
import { isObject, member, text } from '../validate/json.ts';
import { moduleStatusOf, validateModule } from '../validate/module.ts';
import type { InvalidStatus, Problem } from '../validate/problem.ts';
import { policyServerStatusOf, validatePolicyServer, type PolicyServerContext } from '../validate/policy-server.ts';
import { policyStatusOf, validatePolicy, type PolicyContext } from '../validate/policy.ts';

/** What the answers depend on beside the object itself. */
export interface ReviewContext {
  readonly policy: PolicyContext;
  readonly policyServer: PolicyServerContext;
}

/** An AdmissionReview that was answered, or what is wrong with the request. */
export type ReviewAnswer =
  | { readonly status: 200; readonly body: unknown }
  | { readonly status: 400 | 404; readonly message: string };

type Answer = (object: unknown, old: unknown, context: ReviewContext) => object;

const ROUTES: ReadonlyMap<string, Answer> = new Map([
  ...WEBHOOK_KINDS.mutate.map((kind): readonly [string, Answer] => [
    ownPath('mutate', kind),
    (object) => mutated(kind, object),
  ]),
  ...WEBHOOK_KINDS.validate.map((kind): readonly [string, Answer] => [
    ownPath('validate', kind),
    (object, old, context) => validated(kind, object, old, context),
  ]),
]);

/** Answers one of our own webhooks (contract: controller §2). */
export function answerReview(path: string, body: unknown, context: ReviewContext): ReviewAnswer {
  const route = ROUTES.get(path);
  if (route === undefined) return { status: 404, message: 'there is no webhook here' };
  const request = member(body, 'request');
  const uid = text(request, 'uid');
  const object = member(request, 'object');
  if (uid === '' || !isObject(object)) return { status: 400, message: 'not an AdmissionReview with an object' };
  const response = route(object, member(request, 'oldObject'), context);
  return {
    status: 200,
    body: {
      apiVersion: text(body, 'apiVersion') || 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid, ...response },
    },
  };
}

function mutated(kind: ResourceKind, object: unknown): object {
  const patch = defaultObject(kind, object);
  return patch.length === 0
    ? { allowed: true }
    : { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
}

function validated(kind: ResourceKind, object: unknown, old: unknown, context: ReviewContext): object {
  switch (kind) {
    case 'PolicyServer':
      return verdict(validatePolicyServer(object, old, context.policyServer), (problems) =>
        policyServerStatusOf(object, problems),
      );
    case 'AuthenticationModule':
    case 'AuthorizationModule':
      return verdict(validateModule(object, old), (problems) => moduleStatusOf(kind, object, problems));
    case 'ClusterAdmissionPolicy':
    case 'AdmissionPolicy':
    case 'ClusterAdmissionPolicyGroup':
    case 'AdmissionPolicyGroup':
      return verdict(validatePolicy(kind, object, old, context.policy), (problems) =>
        policyStatusOf(kind, object, problems),
      );
  }
}

function verdict(problems: readonly Problem[], statusOf: (problems: readonly Problem[]) => InvalidStatus): object {
  return problems.length === 0 ? { allowed: true } : { allowed: false, status: statusOf(problems) };
}
