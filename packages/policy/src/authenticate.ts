import { ask } from './ask.ts';
import { enclose, openEnvelope } from './envelope.ts';
import { scan } from './json/scan.ts';
import { select } from './json/selection.ts';
import { splice } from './json/splice.ts';
import { isUnset, textOf, valueOf } from './json/text.ts';
import type { AuthenticationModule, GateAnswer, ModuleFailure } from './module.ts';
import { redactor } from './redact.ts';
import { asV1, invalidAnswer, ReviewError, type ReviewKind, type ReviewVersion, versionOf } from './review.ts';
import {
  booleanField,
  kindOf,
  objectField,
  type Shape,
  ShapeError,
  stringField,
  stringListMapField,
  stringsField,
} from './shape.ts';

const TOKEN_REVIEW: ReviewKind = { group: 'authentication.k8s.io', kind: 'TokenReview' };
const SELECTION = select('apiVersion', 'kind', 'spec.token', 'spec.audiences');

export interface AuthenticateOptions {
  /** The API server's own audiences (`--api-audiences`), which a module without audiences of its own stands for. */
  readonly apiAudiences?: readonly string[];
}

interface TokenReview {
  readonly version: ReviewVersion;
  readonly token: string;
  readonly wanted: readonly string[];
  /** What modules read: the review in version v1, as segments of the body. */
  readonly request: readonly Uint8Array[];
}

/** A user as the answer carries it: members in the order of the Kubernetes type. */
interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: string[];
  readonly extra?: { [key: string]: string[] };
}

/** What one module says of the token. */
type Opinion =
  | { readonly authenticated: true; readonly user: User; readonly audiences: readonly string[] }
  | { readonly authenticated: false; readonly error: string };

/**
 * Answers a TokenReview (v1 or v1beta1) by asking the modules in order (contract: fork §6). The first that authenticates
 * decides; "no" and failures go on to the next. When none does, all errors are joined in `status.error`. Neither the
 * answer nor the failures contain the token. Status 400 when the body is no TokenReview.
 */
export async function authenticate(
  modules: readonly AuthenticationModule[],
  body: Uint8Array,
  options: AuthenticateOptions = {},
): Promise<GateAnswer> {
  let review: TokenReview;
  try {
    review = readTokenReview(body);
  } catch (error) {
    return invalidAnswer(error, TOKEN_REVIEW);
  }
  const redact = redactor(review.token);
  const failures: ModuleFailure[] = [];
  const errors: string[] = [];
  for (const module of modules) {
    const input = enclose(module, review.request, 'omitted');
    const read = (output: Uint8Array): Opinion => readOpinion(output, review.wanted, options.apiAudiences ?? []);
    const asked = await ask(module, 'authn', input, read, redact);
    if (!asked.ok) {
      failures.push(asked.failure);
      errors.push(`wasm module '${module.name}' token review failed: ${asked.failure.message}`);
    } else if (asked.answer.authenticated) return authenticated(review.version, asked.answer, failures);
    else if (asked.answer.error !== '') errors.push(redact(asked.answer.error));
  }
  return unauthenticated(review.version, errors, failures);
}

function readTokenReview(body: Uint8Array): TokenReview {
  const found = scan(body, SELECTION);
  const version = versionOf(body, found, TOKEN_REVIEW);
  const token = textOf(body, found['spec.token']);
  if (token === undefined) throw new ReviewError('spec.token: expected a string');
  const audiences = found['spec.audiences'];
  const wanted = audiences === undefined || isUnset(body, audiences) ? [] : valueOf(body, audiences);
  if (!isStrings(wanted)) throw new ReviewError('spec.audiences: expected an array of strings');
  const request = splice(body, 0, body.length, asV1(version, found.apiVersion, TOKEN_REVIEW));
  return { version, token, wanted, request };
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/**
 * Audiences come first: a token for somebody else is a plain "no", whatever the module thinks of it. `got` is what the
 * module names, or else the API server's own; the answer carries what of it was asked for. When neither is known the
 * answer names none, and the API server takes its own audiences for it (its webhook authenticator's implicit audiences),
 * which is the same rule applied on its side.
 */
function readOpinion(output: Uint8Array, wanted: readonly string[], apiAudiences: readonly string[]): Opinion {
  const response = openEnvelope(output);
  const status = response === null ? undefined : objectField(response, 'status');
  if (status === undefined) return { authenticated: false, error: '' };
  const named = stringsField(status, 'audiences') ?? [];
  const got = named.length > 0 ? named : apiAudiences;
  const audiences = wanted.filter((audience) => got.includes(audience));
  const error = stringField(status, 'error') ?? '';
  const success = booleanField(status, 'authenticated') ?? false;
  if (wanted.length > 0 && got.length > 0 && audiences.length === 0) return { authenticated: false, error: '' };
  if (!success) return { authenticated: false, error };
  return { authenticated: true, user: readUser(status), audiences };
}

/**
 * The user, everything copied as it is. A missing or empty name fails: an API server would accept it as a user whom no
 * rule names and no audit log shows, and no honest module means that.
 */
function readUser(status: Shape): User {
  const user = objectField(status, 'user');
  if (user === undefined) throw new ShapeError(`${status.path}.user`, 'an object', kindOf(undefined));
  const username = stringField(user, 'username') ?? '';
  if (username === '') throw new ShapeError(`${user.path}.username`, 'the name of the user', 'none');
  const uid = stringField(user, 'uid') ?? '';
  const groups = stringsField(user, 'groups') ?? [];
  const extra = stringListMapField(user, 'extra');
  return {
    username,
    ...(uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

function authenticated(
  version: ReviewVersion,
  { user, audiences }: Extract<Opinion, { authenticated: true }>,
  failures: readonly ModuleFailure[],
): GateAnswer {
  const status = { authenticated: true, user, ...(audiences.length === 0 ? {} : { audiences }) };
  return { status: 200, body: bodyOf(version, status), decision: 'authenticated', failures };
}

function unauthenticated(
  version: ReviewVersion,
  errors: readonly string[],
  failures: readonly ModuleFailure[],
): GateAnswer {
  const status = { authenticated: false, ...(errors.length === 0 ? {} : { error: errors.join('\n') }) };
  const decision = failures.length === 0 ? 'unauthenticated' : 'error';
  return { status: 200, body: bodyOf(version, status), decision, failures };
}

function bodyOf(version: ReviewVersion, status: object): string {
  return JSON.stringify({ apiVersion: `${TOKEN_REVIEW.group}/${version}`, kind: TOKEN_REVIEW.kind, status });
}
