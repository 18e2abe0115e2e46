import { ownPath, WEBHOOK_KINDS, type WebhookPhase } from '../desired/own-webhooks.ts';
import { defaultObject } from '../validate/default.ts';
import { isObject, member, text } from '../validate/json.ts';
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

type WebhookKind = (typeof WEBHOOK_KINDS)[number];

const ROUTES = new Map<string, { readonly phase: WebhookPhase; readonly kind: WebhookKind }>(
  WEBHOOK_KINDS.flatMap((kind) =>
    (['mutate', 'validate'] as const).map((phase) => [ownPath(phase, kind), { phase, kind }] as const),
  ),
);

/** Answers one of our own webhooks (contract: controller §2). */
export function answerReview(path: string, body: unknown, context: ReviewContext): ReviewAnswer {
  const route = ROUTES.get(path);
  if (route === undefined) return { status: 404, message: 'there is no webhook here' };
  const request = member(body, 'request');
  const uid = text(request, 'uid');
  const object = member(request, 'object');
  if (uid === '' || !isObject(object)) return { status: 400, message: 'not an AdmissionReview with an object' };
  const response =
    route.phase === 'mutate'
      ? mutated(route.kind, object)
      : validated(route.kind, object, member(request, 'oldObject'), context);
  return {
    status: 200,
    body: {
      apiVersion: text(body, 'apiVersion') || 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid, ...response },
    },
  };
}

function mutated(kind: WebhookKind, object: unknown): object {
  const patch = defaultObject(kind, object);
  return patch.length === 0
    ? { allowed: true }
    : { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
}

function validated(kind: WebhookKind, object: unknown, old: unknown, context: ReviewContext): object {
  if (kind === 'PolicyServer') {
    const problems = validatePolicyServer(object, old, context.policyServer);
    return problems.length === 0
      ? { allowed: true }
      : { allowed: false, status: policyServerStatusOf(object, problems) };
  }
  const problems = validatePolicy(kind, object, old, context.policy);
  return problems.length === 0 ? { allowed: true } : { allowed: false, status: policyStatusOf(kind, object, problems) };
}
