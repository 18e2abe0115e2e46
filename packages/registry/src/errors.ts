/**
 * What can keep a module from being fetched, stored or pushed.
 *
 * - `not-found`: the registry, server or store doesn't have it;
 * - `unauthorized`: the credentials are missing or were refused (401);
 * - `denied`: the credentials don't reach that far (403);
 * - `digest-mismatch`, `size-mismatch`: what came is not what was named;
 * - `too-large`: more bytes than the caller allows;
 * - `not-wasm`: the bytes are no WebAssembly module, or the artifact has no layer that could be one;
 * - `network`: no connection, or it broke and went on breaking;
 * - `tls`: the server's certificate or handshake can't be trusted;
 * - `timeout`: the server took longer than the limits allow;
 * - `aborted`: the caller's signal;
 * - `rate-limited`: 429 to the last attempt;
 * - `unavailable`: a 5xx to the last attempt;
 * - `protocol`: an answer that breaks the rules of the protocol;
 * - `redirect`: too many redirects, or one that must not be followed;
 * - `refused`: the registry refuses what is pushed to it;
 * - `unsupported`: a valid thing that this client doesn't handle;
 * - `invalid-configuration`: a sources or credentials file that can't be used;
 * - `ambiguous`: a digest prefix that several stored modules share;
 * - `store`: the local store can't be read or written.
 */
export type RegistryErrorCode =
  | 'not-found'
  | 'unauthorized'
  | 'denied'
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'too-large'
  | 'not-wasm'
  | 'network'
  | 'tls'
  | 'timeout'
  | 'aborted'
  | 'rate-limited'
  | 'unavailable'
  | 'protocol'
  | 'redirect'
  | 'refused'
  | 'unsupported'
  | 'invalid-configuration'
  | 'ambiguous'
  | 'store';

/** A failure between here and where a module is. The message names the place without credentials or query strings. */
export class RegistryError extends Error {
  readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RegistryError';
    this.code = code;
  }
}

/** True if `error` is a RegistryError, with that code if one is given. */
export function isRegistryError(error: unknown, code?: RegistryErrorCode): error is RegistryError {
  return error instanceof RegistryError && (code === undefined || error.code === code);
}

/** What is wrong with the text of a reference. */
export type ReferenceErrorCode =
  | 'empty'
  | 'too-long'
  | 'unknown-scheme'
  | 'bad-registry'
  | 'bad-repository'
  | 'bad-tag'
  | 'bad-digest'
  | 'bad-url'
  | 'bad-path'
  | 'credentials';

/** A text that names no place. `position` is the offset of the offending part, in UTF-16 units. */
export class ReferenceError_ extends Error {
  readonly code: ReferenceErrorCode;
  readonly position: number;

  constructor(code: ReferenceErrorCode, message: string, position: number) {
    super(message);
    this.name = 'ReferenceError_';
    this.code = code;
    this.position = position;
  }
}
