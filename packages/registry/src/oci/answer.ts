import { RegistryError } from '../errors.ts';
import type { HttpResponse, Method } from '../http/exchange.ts';
import { describeUrl } from '../http/failure.ts';
import { retryAfter, RetryLaterError } from '../http/retry.ts';

/** Of a registry's error document only the beginning is read and shown. */
const MAX_ERROR_BODY = 16 * 1024;
const MAX_SHOWN = 300;

/** What a call was for. */
export interface CallContext {
  readonly method: Method;
  /** What is asked for, as in `manifest ghcr.io/org/name:v1`. */
  readonly what: string;
  /** Texts that must not be shown, should the server repeat them. */
  readonly secrets: readonly string[];
  readonly hasCredential: boolean;
}

/** The failure that an answer means. Reads or frees its body. */
export async function refusedAnswer(response: HttpResponse, context: CallContext): Promise<RegistryError> {
  const { status } = response;
  const told = await readReason(response, context.secrets);
  const message = `${context.what}: ${describeUrl(response.url)} answered ${status}${told === '' ? '' : ` (${told})`}`;
  if (status === 401) {
    const next = context.hasCredential ? 'check the credentials' : 'log in to the registry';
    return new RegistryError('unauthorized', `${message}; ${next}`);
  }
  if (status === 403) return new RegistryError('denied', `${message}; the credentials don't reach that far`);
  if (status === 404) return new RegistryError('not-found', message);
  const after = retryAfter(response.header('retry-after'), Date.now());
  if (status === 429) return new RetryLaterError('rate-limited', message, after);
  if (status >= 500 || status === 408) return new RetryLaterError('unavailable', message, after);
  const isPush = context.method !== 'GET' && context.method !== 'HEAD';
  return new RegistryError(isPush && status >= 400 ? 'refused' : 'protocol', message);
}

async function readReason(response: HttpResponse, secrets: readonly string[]): Promise<string> {
  let text: string;
  try {
    text = Buffer.from(await response.body.bytes(MAX_ERROR_BODY)).toString('utf8');
  } catch {
    return '';
  }
  const shown = reasonOf(text)
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim();
  return secrets.reduce((result, secret) => result.replaceAll(secret, '***'), shown).slice(0, MAX_SHOWN);
}

/** The `code: message` of the error document that the distribution specification defines. Other bodies say nothing. */
function reasonOf(text: string): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return '';
  }
  if (typeof document !== 'object' || document === null || !('errors' in document)) return '';
  const first: unknown = Array.isArray(document.errors) ? document.errors[0] : undefined;
  if (typeof first !== 'object' || first === null) return '';
  const { code, message }: { code?: unknown; message?: unknown } = first;
  return [code, message].filter((part) => typeof part === 'string' && part !== '').join(': ');
}
