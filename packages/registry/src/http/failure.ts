import { RegistryError, type RegistryErrorCode } from '../errors.ts';

/** Where a URL leads, for a message: no credentials, and no query, which may be a signature or a token. */
export function describeUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

const TLS_CODES = /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH)/;
const TIMEOUT_CODES = /^(?:UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT|ETIMEDOUT)$/;

/** The error codes of an exception and of what caused it. */
function errorCodes(error: unknown): readonly string[] {
  const codes: string[] = [];
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth++) {
    if ('code' in current && typeof current.code === 'string') codes.push(current.code);
  }
  return codes;
}

/** What went wrong on the way to a server, as a RegistryError. */
export function transportError(error: unknown, method: string, url: URL): RegistryError {
  if (error instanceof RegistryError) return error;
  const codes = errorCodes(error);
  const isTls = codes.some((code) => TLS_CODES.test(code));
  const isTimeout = codes.some((code) => TIMEOUT_CODES.test(code));
  const code: RegistryErrorCode = isTls ? 'tls' : isTimeout ? 'timeout' : 'network';
  const next = isTls
    ? '; if the host is to be trusted, add its authority to source_authorities, or the host to insecure_sources'
    : '';
  const detail = error instanceof Error ? `${error.message}${codes[0] ? ` (${codes[0]})` : ''}` : 'unknown failure';
  return new RegistryError(code, `${method} ${describeUrl(url)}: ${detail}${next}`, { cause: error });
}

/** What a signal's reason is in our words. */
export function abortError(signal: AbortSignal, method: string, url: URL): RegistryError {
  return new RegistryError('aborted', `${method} ${describeUrl(url)}: aborted`, { cause: signal.reason });
}
