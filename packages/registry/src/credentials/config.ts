import type { Credential } from './credential.ts';

/** A docker `config.json` or podman `auth.json`. */
export interface CredentialConfig {
  readonly auths: ReadonlyMap<string, Credential>;
  /** Registry to helper name. */
  readonly helpers: ReadonlyMap<string, string>;
  /** Helper for every other registry. */
  readonly store: string | undefined;
}

/**
 * Reads the text of a configuration file. Entries without usable credentials are skipped: `docker login` with a helper
 * leaves empty ones. Throws a plain Error, without any of the text, if it is no JSON object.
 */
export function parseCredentialConfig(text: string): CredentialConfig {
  const file = parseObject(text);
  const auths = new Map<string, Credential>();
  for (const [key, value] of Object.entries(object(file['auths']) ?? {})) {
    const credential = readEntry(object(value) ?? {});
    if (credential !== undefined) auths.set(key, credential);
  }
  const helpers = new Map<string, string>();
  for (const [key, value] of Object.entries(object(file['credHelpers']) ?? {})) {
    const name = string(value);
    if (name !== undefined) helpers.set(key, name);
  }
  return { auths, helpers, store: string(file['credsStore']) };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // JSON.parse quotes the text in its message, and the text is made of secrets.
    throw new Error('it is no JSON');
  }
  const file = object(value);
  if (file === undefined) throw new Error('it is no JSON object');
  return file;
}

function readEntry(entry: Readonly<Record<string, unknown>>): Credential | undefined {
  const identity = string(entry['identitytoken']);
  if (identity !== undefined) return { kind: 'identity', token: identity };
  const auth = string(entry['auth']);
  if (auth !== undefined) return decodeAuth(auth);
  const [username, password] = [string(entry['username']), string(entry['password'])];
  if (username !== undefined && password !== undefined) return { kind: 'basic', username, password };
  const token = string(entry['registrytoken']);
  return token === undefined ? undefined : { kind: 'bearer', token };
}

/** Base64 of `user:password`, padded or not. Some registries' tools write a NUL after it. */
function decodeAuth(auth: string): Credential | undefined {
  const text = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = text.indexOf(':');
  if (colon <= 0) return undefined;
  return basicCredential(text.slice(0, colon), text.slice(colon + 1));
}

/** A name and secret; the name `<token>` says that the secret is an identity token. */
export function basicCredential(username: string, password: string): Credential {
  return username === '<token>' ? { kind: 'identity', token: password } : { kind: 'basic', username, password };
}

function object(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
