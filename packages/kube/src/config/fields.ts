import { isAbsolute, join } from 'node:path';
import { KubeConfigError } from '../errors.ts';
import { isRecord, type JsonRecord } from '../record.ts';
import { folderOf, type Stanza } from './file.ts';
import type { PemSource } from './types.ts';

/** The error for a field that has the wrong shape. */
export function invalidField({ file, place }: Stanza, name: string, message: string): KubeConfigError {
  return new KubeConfigError('invalid-field', message, { file, field: `${place}.${name}` });
}

// Absent, null and empty mean the same to kubectl, and so they do here.

export function text(stanza: Stanza, name: string): string | undefined {
  const value = stanza.fields[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw invalidField(stanza, name, 'has to be a text');
  return value === '' ? undefined : value;
}

export function flag(stanza: Stanza, name: string): boolean {
  const value = stanza.fields[name] ?? false;
  if (typeof value !== 'boolean') throw invalidField(stanza, name, 'has to be true or false');
  return value;
}

export function texts(stanza: Stanza, name: string): readonly string[] {
  const value = stanza.fields[name] ?? [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw invalidField(stanza, name, 'has to be a list of texts');
  }
  return value;
}

export function record(stanza: Stanza, name: string): Stanza | undefined {
  const value: unknown = stanza.fields[name] ?? undefined;
  if (value === undefined) return undefined;
  if (!isRecord(value)) throw invalidField(stanza, name, 'has to be an object');
  return { file: stanza.file, place: `${stanza.place}.${name}`, fields: value };
}

export function records(stanza: Stanza, name: string): readonly JsonRecord[] {
  const value: unknown = stanza.fields[name] ?? [];
  if (!Array.isArray(value) || !value.every(isRecord)) throw invalidField(stanza, name, 'has to be a list of objects');
  return value;
}

/** A path, made absolute from the folder of the file it stands in. */
export function path(stanza: Stanza, name: string): string | undefined {
  const value = text(stanza, name);
  return value === undefined || isAbsolute(value) ? value : join(folderOf(stanza), value);
}

/** `NAME-data` in base64, or else the file that `NAME` names. */
export function pem(stanza: Stanza, name: string): PemSource | undefined {
  const data = text(stanza, `${name}-data`);
  if (data !== undefined) {
    const decoded = Buffer.from(data, 'base64').toString('latin1');
    if (!decoded.includes('-----BEGIN ')) throw invalidField(stanza, `${name}-data`, 'is not PEM in base64');
    return { kind: 'data', pem: decoded };
  }
  const file = path(stanza, name);
  return file === undefined ? undefined : { kind: 'file', path: file };
}

/** A URL with one of the protocols, without a slash at its end. */
export function url(stanza: Stanza, name: string, protocols: readonly string[]): string | undefined {
  const value = text(stanza, name);
  if (value === undefined) return undefined;
  const parsed = URL.parse(value);
  if (parsed === null || !protocols.includes(parsed.protocol)) {
    throw invalidField(stanza, name, `has to be a URL that starts with ${protocols.join(' or ')}//`);
  }
  return parsed.href.replace(/\/+$/, '');
}
