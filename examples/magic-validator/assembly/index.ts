import { AdmissionReview, answerAdmissionReview } from '@ostiary/sdk/assembly';

export function validate(): void {
  answerAdmissionReview(decide);
}

function decide(review: AdmissionReview): void {
  const object = review.object;
  if (!object.isObject) review.fail('no object in admission request');
  else if (object.get('kind').string() == 'ConfigMap' && object.get('data').has('not-allowed-value')) {
    review.reject("value 'not-allowed-value' not allowed in configmap");
  } else review.accept();
}
