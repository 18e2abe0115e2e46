import { answerTokenReview, TokenReview, User } from '@ostiary/sdk/assembly';

export function authn(): void {
  answerTokenReview(decide);
}

function decide(review: TokenReview): void {
  if (review.token == 'magic-token') review.authenticate(new User('magic-user', '0', ['magic-group']));
  else review.reject();
}
