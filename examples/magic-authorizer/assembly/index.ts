import { answerSubjectAccessReview, SubjectAccessReview } from '@ostiary/sdk/assembly';

export function authz(): void {
  answerSubjectAccessReview(decide);
}

function decide(review: SubjectAccessReview): void {
  if (review.inGroup('magic-group') && review.resource == 'configmaps') review.allow();
  else review.noOpinion();
}
