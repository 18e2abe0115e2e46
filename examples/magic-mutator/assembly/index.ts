import { AdmissionReview, answerAdmissionReview, Json } from '@ostiary/sdk/assembly';

export function validate(): void {
  answerAdmissionReview(decide);
}

function decide(review: AdmissionReview): void {
  const object = review.object;
  if (!object.isObject) review.fail('no object in admission request');
  else if (object.get('kind').string() != 'ConfigMap') review.fail('the object is no ConfigMap');
  else review.mutate(object.put('/data/magic-value', Json.string('foobar')));
}
