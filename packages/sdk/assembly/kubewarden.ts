import { Admission } from './admission';
import { __guest_error, __guest_request, __guest_response } from './imports/wapc';
import { Json } from './json/value';
import { Writer } from './json/writer';

/** A Kubewarden ValidationRequest (contract: policy-server §7.1); a mutation is the member `mutated_object`. */
export class ValidationRequest extends Admission {
  /** The ValidationResponse. What has no value is left out: hosts have taken an explicit null for a mutation. */
  toJson(): Json {
    const response = Json.object().set('accepted', Json.boolean(this.allowed));
    if (this.message.length > 0) response.set('message', Json.string(this.message));
    if (this.code != 0) response.set('code', Json.integer(this.code));
    if (this.isMutated) response.set('mutated_object', this.mutated);
    if (this.auditAnnotations.size > 0) response.set('audit_annotations', this.auditAnnotations);
    if (this.warnings.size > 0) response.set('warnings', this.warnings);
    return response;
  }
}

/**
 * Answers one waPC call of a Kubewarden host: the body of a policy's `__guest_call` export.
 *
 * `validate` judges a request; `validateSettings` says what is wrong with the settings, "" when nothing is.
 */
export function servePolicy(
  operationLength: i32,
  payloadLength: i32,
  validate: (request: ValidationRequest) => void,
  validateSettings: (settings: Json) => string,
): i32 {
  const bytes = heap.alloc(<usize>operationLength + <usize>payloadLength);
  const payload = bytes + <usize>operationLength;
  __guest_request(bytes, payload);
  const operation = String.UTF8.decodeUnsafe(bytes, operationLength);

  if (operation == 'protocol_version') return respond(Json.string('v1'));
  if (operation != 'validate' && operation != 'validate_settings') return refuse('unknown operation: ' + operation);
  const parsed = Json.parseBytes(payload, payloadLength);
  const value = parsed.value;
  if (!value) return refuse(parsed.error);
  return operation == 'validate' ? answerRequest(value, validate) : answerSettings(validateSettings(value));
}

function answerRequest(payload: Json, validate: (request: ValidationRequest) => void): i32 {
  if (!payload.get('request').isObject) return refuse('the ValidationRequest has no request');
  const request = new ValidationRequest(payload.get('request'), payload.get('settings'));
  validate(request);
  const failure = request.failure;
  return failure.length > 0 ? refuse(failure) : respond(request.toJson());
}

function answerSettings(problem: string): i32 {
  const answer = Json.object().set('valid', Json.boolean(problem.length == 0));
  if (problem.length > 0) answer.set('message', Json.string(problem));
  return respond(answer);
}

function respond(response: Json): i32 {
  const out = new Writer(1024);
  response.write(out);
  __guest_response(out.data, out.length);
  return 1;
}

function refuse(message: string): i32 {
  const bytes = String.UTF8.encode(message);
  __guest_error(changetype<usize>(bytes), bytes.byteLength);
  return 0;
}
