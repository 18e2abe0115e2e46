import { readEnvelope, writeError, writeResponse } from './envelope';
import { Json } from './json/value';

/** An access to judge (authorization.k8s.io/v1 SubjectAccessReview). Without a verdict the module has no opinion. */
export class SubjectAccessReview {
  private allowed: bool = false;
  private denied: bool = false;
  private reason: string = '';
  /** Why no verdict can be given; "" as long as one can. */
  failure: string = '';

  constructor(
    /** The whole review. */
    readonly review: Json,
    readonly settings: Json,
  ) {}

  get user(): string {
    return this.review.find('/spec/user').string();
  }

  get uid(): string {
    return this.review.find('/spec/uid').string();
  }

  get groups(): string[] {
    return this.review.find('/spec/groups').strings();
  }

  inGroup(name: string): bool {
    return this.groups.includes(name);
  }

  /** Verb, group, version, resource, subresource, namespace and name; Missing for a non-resource request. */
  get resourceAttributes(): Json {
    return this.review.find('/spec/resourceAttributes');
  }

  /** Path and verb; Missing for a resource request. */
  get nonResourceAttributes(): Json {
    return this.review.find('/spec/nonResourceAttributes');
  }

  get verb(): string {
    const attributes = this.resourceAttributes;
    return (attributes.isMissing ? this.nonResourceAttributes : attributes).get('verb').string();
  }

  get resource(): string {
    return this.resourceAttributes.get('resource').string();
  }

  get namespace(): string {
    return this.resourceAttributes.get('namespace').string();
  }

  /** The path of a non-resource request. */
  get path(): string {
    return this.nonResourceAttributes.get('path').string();
  }

  allow(reason: string = ''): void {
    this.decide(true, false, reason);
  }

  /** Refuses the access whatever later authorizers say. */
  deny(reason: string = ''): void {
    this.decide(false, true, reason);
  }

  /** Leaves the decision to the next authorizer. */
  noOpinion(reason: string = ''): void {
    this.decide(false, false, reason);
  }

  /** The module can't judge: the host treats the call as failed. */
  fail(message: string): void {
    this.failure = message;
  }

  toJson(): Json {
    const status = Json.object().set('allowed', Json.boolean(this.allowed));
    if (this.denied) status.set('denied', Json.boolean(true));
    if (this.reason.length > 0) status.set('reason', Json.string(this.reason));
    return Json.object()
      .set('apiVersion', Json.string('authorization.k8s.io/v1'))
      .set('kind', Json.string('SubjectAccessReview'))
      .set('status', status);
  }

  private decide(allowed: bool, denied: bool, reason: string): void {
    this.allowed = allowed;
    this.denied = denied;
    this.reason = reason;
  }
}

/** Reads a SubjectAccessReview, lets `decide` judge it and writes the answer: the body of a module's `authz` export. */
export function answerSubjectAccessReview(decide: (review: SubjectAccessReview) => void): void {
  const envelope = readEnvelope();
  if (!envelope) return;
  const review = new SubjectAccessReview(envelope.request, envelope.settings);
  decide(review);
  if (review.failure.length > 0) writeError(review.failure);
  else writeResponse(review.toJson());
}
