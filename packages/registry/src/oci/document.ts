import { RegistryError } from '../errors.ts';
import { isDigest } from '../reference/grammar.ts';
import type { Descriptor, ManifestDocument, Platform } from './client.ts';
import { IMAGE_TYPES, INDEX_TYPES } from './media.ts';

/** Entries of a manifest or index; 4 MiB hold some 20,000, real ones have tens. */
const MAX_ENTRIES = 4096;

/**
 * Reads a manifest or index. Which of the two it is, the document's own `mediaType` says, then the media type it was
 * served with, then its members. Throws `protocol`, naming `where` and the member.
 */
export function parseDocument(bytes: Uint8Array, mediaType: string, where: string): ManifestDocument {
  const document = parseObject(bytes, where);
  const own = document['mediaType'];
  const type = typeof own === 'string' ? own : mediaType;
  const hasManifests = Array.isArray(document['manifests']);
  // A document that is both could be verified as one and run as the other.
  if (hasManifests && (document['layers'] !== undefined || document['config'] !== undefined)) {
    throw malformed(where, 'it is an image and an index at once');
  }
  if (INDEX_TYPES.has(type) !== hasManifests && (IMAGE_TYPES.has(type) || INDEX_TYPES.has(type))) {
    throw malformed(where, `its members don't fit its media type ${type}`);
  }
  const common = {
    annotations: readAnnotations(document['annotations'], `${where}: annotations`),
    ...(typeof document['artifactType'] === 'string' ? { artifactType: document['artifactType'] } : {}),
    ...(document['subject'] === undefined || document['subject'] === null
      ? {}
      : { subject: readDescriptor(document['subject'], `${where}: subject`) }),
  };
  if (hasManifests) return { kind: 'index', manifests: readDescriptors(document['manifests'], where), ...common };
  return {
    kind: 'image',
    config: readDescriptor(document['config'], `${where}: config`),
    layers: readDescriptors(document['layers'], where),
    ...common,
  };
}

/** The entries of an index that was made up for a question, as the referrers API's. */
export function parseIndex(bytes: Uint8Array, where: string): readonly Descriptor[] {
  return readDescriptors(parseObject(bytes, where)['manifests'], where);
}

export function parseObject(bytes: Uint8Array, where: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new RegistryError('protocol', `${where}: the answer is no JSON; is this a registry?`, { cause });
  }
  return object(value) ?? fail(where, 'expected a JSON object');
}

function readDescriptors(value: unknown, where: string): readonly Descriptor[] {
  // Go writes an empty list as null.
  if (value === null) return [];
  if (!Array.isArray(value) || value.length > MAX_ENTRIES) throw malformed(where, 'expected a list of descriptors');
  return value.map((entry, index) => readDescriptor(entry, `${where}: descriptor ${index}`));
}

function readDescriptor(value: unknown, where: string): Descriptor {
  const entry = object(value) ?? fail(where, 'expected an object');
  const { mediaType, digest, size, artifactType } = entry;
  if (typeof mediaType !== 'string') throw malformed(where, 'expected a mediaType');
  if (typeof digest !== 'string' || !isDigest(digest)) throw malformed(where, 'expected a sha256 or sha512 digest');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw malformed(where, 'expected a size');
  const platform = readPlatform(entry['platform']);
  return {
    mediaType,
    digest,
    size,
    ...(entry['annotations'] === undefined ? {} : { annotations: readAnnotations(entry['annotations'], where) }),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(platform === undefined ? {} : { platform }),
  };
}

function readPlatform(value: unknown): Platform | undefined {
  const { os, architecture, variant } = object(value) ?? {};
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return { os, architecture, ...(typeof variant === 'string' ? { variant } : {}) };
}

function readAnnotations(value: unknown, where: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  const annotations = Object.entries(object(value) ?? fail(where, 'expected annotations'));
  if (annotations.some(([, text]) => typeof text !== 'string')) throw malformed(where, 'an annotation is no text');
  return Object.fromEntries(annotations.map(([key, text]) => [key, String(text)]));
}

function object(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function fail(where: string, problem: string): never {
  throw malformed(where, problem);
}

function malformed(where: string, problem: string): RegistryError {
  return new RegistryError('protocol', `${where}: ${problem}`);
}
