import { Json } from './json/value';
import { Writer } from './json/writer';
import { readAll, STDOUT, writeAll } from './stdio';

/** What a module reads from standard input (k8s-wasm module specification; contract: fork §4). */
export class Envelope {
  constructor(
    readonly request: Json,
    /** Missing when the configuration has no settings. */
    readonly settings: Json,
  ) {}
}

/** Reads the envelope; when it is unusable, answers with the error and returns null. */
export function readEnvelope(): Envelope | null {
  const input = readAll();
  const parsed = Json.parseBytes(input.data, input.length);
  const root = parsed.value;
  if (!root) {
    writeError(parsed.error);
    return null;
  }
  const request = root.get('request');
  if (!request.isObject) {
    writeError('the envelope has no request');
    return null;
  }
  return new Envelope(request, root.get('settings'));
}

export function writeResponse(response: Json): void {
  writeEnvelope(response, Json.null());
}

export function writeError(message: string): void {
  writeEnvelope(Json.null(), Json.string(message));
}

/** Both keys are always written, as hosts of the original expect. */
function writeEnvelope(response: Json, error: Json): void {
  const out = new Writer(1024);
  Json.object().set('response', response).set('error', error).write(out);
  assert(writeAll(STDOUT, out.data, out.length), 'cannot write standard output');
}
