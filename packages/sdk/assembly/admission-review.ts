import { Admission } from './admission';
import { readEnvelope, writeError, writeResponse } from './envelope';
import { writeBase64 } from './json/base64';
import { Kind } from './json/kind';
import { Json } from './json/value';
import { Writer } from './json/writer';

const QUOTE: i32 = 0x22;

/** Room for what a mutation usually adds, so that the text of a large object is written without moving it. */
const SPARE: usize = 4096;

/** An AdmissionReview of the k8s-wasm module specification (contract: fork §4.3); a mutation is a patch of type Full. */
export class AdmissionReview extends Admission {
  constructor(
    /** The whole review, in which the request is nested. */
    readonly review: Json,
    settings: Json,
  ) {
    super(review.get('request'), settings);
  }

  toJson(): Json {
    const response = Json.object().set('uid', Json.string(this.uid)).set('allowed', Json.boolean(this.allowed));
    if (!this.allowed) response.set('status', this.status());
    if (this.isMutated) response.set('patchType', Json.string('Full')).set('patch', encoded(this.mutated));
    if (this.auditAnnotations.size > 0) response.set('auditAnnotations', this.auditAnnotations);
    if (this.warnings.size > 0) response.set('warnings', this.warnings);
    return Json.object()
      .set('apiVersion', Json.string('admission.k8s.io/v1'))
      .set('kind', Json.string('AdmissionReview'))
      .set('response', response);
  }

  private status(): Json {
    const status = Json.object().set('message', Json.string(this.message));
    if (this.reason.length > 0) status.set('reason', Json.string(this.reason));
    if (this.code != 0) status.set('code', Json.integer(this.code));
    return status;
  }
}

/** The value's JSON text as a string in base64. */
function encoded(value: Json): Json {
  const text = new Writer(value.textLength + SPARE);
  value.write(text);
  const quoted = new Writer((text.length / 3) * 4 + 6);
  quoted.byte(QUOTE);
  writeBase64(quoted, text.data, text.length);
  quoted.byte(QUOTE);
  return Json.written(Kind.String, quoted);
}

/** Reads an AdmissionReview, lets `decide` judge it and writes the answer: the body of a module's `validate` export. */
export function answerAdmissionReview(decide: (review: AdmissionReview) => void): void {
  const envelope = readEnvelope();
  if (!envelope) return;
  const review = new AdmissionReview(envelope.request, envelope.settings);
  if (!review.request.isObject) {
    writeError('the AdmissionReview has no request');
    return;
  }
  decide(review);
  const failure = review.failure;
  if (failure.length > 0) writeError(failure);
  else writeResponse(review.toJson());
}
