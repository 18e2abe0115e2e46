import { readEnvelope, writeError, writeResponse } from './envelope';
import { Json } from './json/value';
import { User } from './user';

/** A bearer token to judge (authentication.k8s.io/v1 TokenReview). Without a verdict the token is not authenticated. */
export class TokenReview {
  private user: User | null = null;
  private accepted: string[] = [];
  private statusError: string = '';
  /** Why no verdict can be given; "" as long as one can. */
  failure: string = '';

  constructor(
    /** The whole review. */
    readonly review: Json,
    readonly settings: Json,
  ) {}

  get token(): string {
    return this.review.find('/spec/token').string();
  }

  /** The audiences the caller asks for; empty when it asks for none. */
  get audiences(): string[] {
    return this.review.find('/spec/audiences').strings();
  }

  /**
   * The token belongs to this user. `audiences` are those the token is valid for; hosts take none as "valid for the API
   * server", so a module that knows a token's audiences must pass them.
   */
  authenticate(user: User, audiences: string[] = []): void {
    this.user = user;
    this.accepted = audiences;
  }

  /** The token is none of this module's. */
  reject(): void {
    this.user = null;
    this.statusError = '';
  }

  /** The token is refused for a reason that belongs into the API server's log. */
  error(message: string): void {
    this.user = null;
    this.statusError = message;
  }

  /** The module can't judge: the host treats the call as failed. */
  fail(message: string): void {
    this.failure = message;
  }

  toJson(): Json {
    const user = this.user;
    const status = Json.object().set('authenticated', Json.boolean(user != null));
    if (user) {
      status.set('user', user.toJson());
      if (this.accepted.length > 0) status.set('audiences', Json.strings(this.accepted));
    }
    if (this.statusError.length > 0) status.set('error', Json.string(this.statusError));
    return Json.object()
      .set('apiVersion', Json.string('authentication.k8s.io/v1'))
      .set('kind', Json.string('TokenReview'))
      .set('status', status);
  }
}

/** Reads a TokenReview, lets `decide` judge it and writes the answer: the body of a module's `authn` export. */
export function answerTokenReview(decide: (review: TokenReview) => void): void {
  const envelope = readEnvelope();
  if (!envelope) return;
  const review = new TokenReview(envelope.request, envelope.settings);
  decide(review);
  if (review.failure.length > 0) writeError(review.failure);
  else writeResponse(review.toJson());
}
