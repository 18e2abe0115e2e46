// test-admission-mut of contract fork §9, and mut-helper when its settings name the annotations.
import { AdmissionReview, answerAdmissionReview, Json } from '@ostiary/sdk/assembly';

export function validate(): void {
  answerAdmissionReview(annotate);
}

function annotate(review: AdmissionReview): void {
  const object = review.object;
  if (!object.isObject) {
    review.fail('no object in admission request');
    return;
  }
  const wanted = wantedAnnotations(review.settings);
  const names = wanted.keys;
  const metadata = member(object, 'metadata');
  const annotations = member(metadata, 'annotations');
  for (let i = 0; i < names.length; i++) annotations.set(names[i], wanted.get(names[i]));
  review.mutate(object.set('metadata', metadata.set('annotations', annotations)));
}

function wantedAnnotations(settings: Json): Json {
  if (settings.isObject) return settings.get('annotations');
  return Json.object().set('puzzle.ch/test-annotation', Json.string('foo'));
}

function member(object: Json, name: string): Json {
  const value = object.get(name);
  return value.isObject ? value : Json.object();
}
