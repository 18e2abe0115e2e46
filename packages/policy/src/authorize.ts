import { ask } from './ask.ts';
import { enclose, openEnvelope } from './envelope.ts';
import { scan } from './json/scan.ts';
import { select } from './json/selection.ts';
import { type Edit, splice } from './json/splice.ts';
import { isUnset } from './json/text.ts';
import type { AuthorizationModule, GateAnswer, ModuleFailure } from './module.ts';
import { asV1, invalidAnswer, ReviewError, type ReviewKind, type ReviewVersion, versionOf } from './review.ts';
import { booleanField, objectField, stringField } from './shape.ts';

const ACCESS_REVIEW: ReviewKind = { group: 'authorization.k8s.io', kind: 'SubjectAccessReview' };
const SELECTION = select(
  'apiVersion',
  'kind',
  'spec.resourceAttributes',
  'spec.nonResourceAttributes',
  'spec.group',
  'spec.groups',
);
const GROUPS = new TextEncoder().encode('"groups":');
const BOTH = 'subject access review returned both allow and deny response';

interface AccessReview {
  readonly version: ReviewVersion;
  /** What modules read: the review in version v1, as segments of the body. */
  readonly request: readonly Uint8Array[];
}

interface Opinion {
  readonly verdict: 'allowed' | 'denied' | 'no-opinion';
  readonly reason: string;
  /** A failure, or an answer that contradicts itself. */
  readonly error: string;
  /** The verdict is what the failure policy makes of a failure. */
  readonly failed: boolean;
}

/**
 * Answers a SubjectAccessReview (v1 or v1beta1) by asking the modules in order (contract: fork §7). The first Allow or
 * Deny decides and gives the reason; a failing module counts as its `failurePolicy` says and never as an Allow. When
 * nobody decides, all reasons are joined. `evaluationError` tells every failure; an API server does not act on it.
 * Status 400 when the body is no SubjectAccessReview.
 */
export async function authorize(modules: readonly AuthorizationModule[], body: Uint8Array): Promise<GateAnswer> {
  let review: AccessReview;
  try {
    review = readAccessReview(body);
  } catch (error) {
    return invalidAnswer(error, ACCESS_REVIEW);
  }
  const failures: ModuleFailure[] = [];
  const errors: string[] = [];
  const reasons: string[] = [];
  for (const module of modules) {
    const opinion = await askModule(module, review, failures);
    if (opinion.error !== '') errors.push(opinion.error);
    if (opinion.verdict !== 'no-opinion') return answer(review.version, opinion, errors, failures);
    if (opinion.reason !== '') reasons.push(opinion.reason);
  }
  const nobody = { verdict: 'no-opinion', reason: reasons.join('\n'), error: '', failed: failures.length > 0 } as const;
  return answer(review.version, nobody, errors, failures);
}

function readAccessReview(body: Uint8Array): AccessReview {
  const found = scan(body, SELECTION);
  const version = versionOf(body, found, ACCESS_REVIEW);
  const isResource = !isUnset(body, found['spec.resourceAttributes']);
  const isOther = !isUnset(body, found['spec.nonResourceAttributes']);
  if (isResource === isOther) {
    throw new ReviewError('spec: expected exactly one of resourceAttributes and nonResourceAttributes');
  }
  const edits = asV1(version, found.apiVersion, ACCESS_REVIEW);
  const group = found['spec.group'];
  if (version === 'v1beta1' && found['spec.groups'] !== undefined) {
    throw new ReviewError('spec.groups: version v1beta1 calls it group');
  }
  if (version === 'v1beta1' && group !== undefined) edits.push(renamed(group));
  return { version, request: splice(body, 0, body.length, edits) };
}

/** Version v1beta1 says `group` where v1 says `groups`; the value stays. */
function renamed(group: { name: number; start: number }): Edit {
  return { start: group.name, end: group.start, bytes: GROUPS };
}

async function askModule(
  module: AuthorizationModule,
  review: AccessReview,
  failures: ModuleFailure[],
): Promise<Opinion> {
  const asked = await ask(module, 'authz', enclose(module, review.request, 'omitted'), readOpinion);
  if (asked.ok) return asked.answer;
  failures.push(asked.failure);
  const error = `wasm module '${module.name}' subject access review failed: ${asked.failure.message}`;
  // A denial shows its reason to the user, so it says why; a failure without consequence does not.
  return module.failurePolicy === 'Deny'
    ? { verdict: 'denied', reason: error, error, failed: true }
    : { verdict: 'no-opinion', reason: '', error, failed: true };
}

function readOpinion(output: Uint8Array): Opinion {
  const response = openEnvelope(output);
  const status = response === null ? undefined : objectField(response, 'status');
  if (status === undefined) return { verdict: 'no-opinion', reason: '', error: '', failed: false };
  const allowed = booleanField(status, 'allowed') ?? false;
  const denied = booleanField(status, 'denied') ?? false;
  const reason = stringField(status, 'reason') ?? '';
  if (denied) return { verdict: 'denied', reason, error: allowed ? BOTH : '', failed: false };
  return { verdict: allowed ? 'allowed' : 'no-opinion', reason, error: '', failed: false };
}

function answer(
  version: ReviewVersion,
  { verdict, reason, failed }: Opinion,
  errors: readonly string[],
  failures: readonly ModuleFailure[],
): GateAnswer {
  const status = {
    allowed: verdict === 'allowed',
    ...(verdict === 'denied' ? { denied: true } : {}),
    ...(reason === '' ? {} : { reason }),
    ...(errors.length === 0 ? {} : { evaluationError: errors.join('\n') }),
  };
  const body = JSON.stringify({ apiVersion: `${ACCESS_REVIEW.group}/${version}`, kind: ACCESS_REVIEW.kind, status });
  // What only a failure brought about is an error to metrics, whatever it means for the user.
  return { status: 200, body, decision: failed ? 'error' : verdict, failures };
}
