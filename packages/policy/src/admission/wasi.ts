import { openEnvelope } from '../envelope.ts';
import {
  booleanField,
  integerField,
  kindOf,
  objectField,
  objectsField,
  type Shape,
  ShapeError,
  stringField,
  stringMapField,
  stringsField,
} from '../shape.ts';
import { type Explanation, type Patch, type Verdict, VerificationError } from './verdict.ts';

const INT32 = 2 ** 31 - 1;

/**
 * Reads what a module of type `wasi` answers: an AdmissionReview v1 in an envelope, verified as an API server verifies
 * a webhook's (contract: fork §8). Throws EnvelopeError, ShapeError, JsonError or VerificationError.
 */
export function readWasiVerdict(output: Uint8Array, uid: string, mutating: boolean): Verdict {
  const review = openEnvelope(output);
  const response = review === null ? undefined : objectField(review, 'response');
  if (review === null || response === undefined) throw new VerificationError('webhook response was absent');
  verifyIdentity(review, response, uid);
  const patch = readPatch(response, mutating);
  const allowed = booleanField(response, 'allowed') ?? false;
  const status = objectField(response, 'status');
  return {
    allowed,
    explanation: status === undefined ? {} : readExplanation(status),
    patch: allowed ? decodePatch(response, patch) : undefined,
    warnings: stringsField(response, 'warnings') ?? [],
    auditAnnotations: stringMapField(response, 'auditAnnotations'),
  };
}

function verifyIdentity(review: Shape, response: Shape, uid: string): void {
  const found = stringField(response, 'uid') ?? '';
  if (found !== uid) {
    throw new VerificationError(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(found)}`);
  }
  const apiVersion = stringField(review, 'apiVersion') ?? '';
  const kind = stringField(review, 'kind') ?? '';
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview') {
    const expected = 'admission.k8s.io/v1, Kind=AdmissionReview';
    throw new VerificationError(`expected webhook response of ${expected}, got ${apiVersion || '/'}, Kind=${kind}`);
  }
}

interface RawPatch {
  readonly base64: string;
  readonly type: string;
}

/** The patch as it is written. It is verified before `allowed` is read, as upstream does. */
function readPatch(response: Shape, mutating: boolean): RawPatch | undefined {
  const base64 = stringField(response, 'patch') ?? '';
  const type = stringField(response, 'patchType');
  if (!mutating) {
    if (base64 !== '') throw new VerificationError('validating webhook may not return response.patch');
    if (type !== undefined) throw new VerificationError('validating webhook may not return response.patchType');
    return undefined;
  }
  if (base64 === '' && type === undefined) return undefined;
  if (type === undefined) throw new VerificationError('webhook returned response.patch but not response.patchType');
  if (base64 === '') throw new VerificationError('webhook returned response.patchType but not response.patch');
  return { base64, type };
}

function decodePatch(response: Shape, patch: RawPatch | undefined): Patch | undefined {
  if (patch === undefined) return undefined;
  const { type } = patch;
  if (type !== 'Full' && type !== 'JSONPatch') throw new VerificationError('patch type not supported');
  try {
    return { type, bytes: Uint8Array.fromBase64(patch.base64, { lastChunkHandling: 'strict' }) };
  } catch {
    throw new ShapeError(`${response.path}.patch`, 'base64', kindOf(patch.base64));
  }
}

/** The Status as far as the API server passes it on, typed, because it refuses a whole review for one wrong member. */
function readExplanation(status: Shape): Explanation {
  const code = integerField(status, 'code', -INT32 - 1, INT32);
  const reason = stringField(status, 'reason');
  const message = stringField(status, 'message');
  const details = objectField(status, 'details');
  return {
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(details === undefined ? {} : { details: readDetails(details) }),
  };
}

function readDetails(details: Shape): object {
  const causes = objectsField(details, 'causes');
  const seconds = integerField(details, 'retryAfterSeconds', -INT32 - 1, INT32);
  return {
    ...present(details, ['name', 'group', 'kind', 'uid']),
    ...(causes === undefined ? {} : { causes: causes.map((cause) => present(cause, ['reason', 'message', 'field'])) }),
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  };
}

/** The texts among `names` that the object has. */
function present(shape: Shape, names: readonly string[]): object {
  const entries = names.map((name) => [name, stringField(shape, name)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
