import { Document, isMap, parse, parseDocument, stringify } from 'yaml';
import { CapabilityError } from '../errors.ts';
import type { CapabilityRequest } from '../request/request.ts';

/** One question and its answer (contract: authoring §1.5). */
export interface Exchange {
  /** The question as text that is equal for equal questions. */
  readonly key: string;
  readonly response: Response;
}

export type Response =
  | { readonly type: 'Success'; readonly payload: string }
  | { readonly type: 'Error'; readonly message: string };

/** Sessions are written by hand at times; one with 64 MiB is a mistake. */
const MAX_SESSION_BYTES = 64 * 1024 * 1024;

/** The text of one question: a YAML map under a tag. */
export function formatRequest({ tag, fields }: CapabilityRequest): string {
  const document = new Document(fields);
  if (isMap(document.contents)) document.contents.tag = `!${tag}`;
  return document.toString({ lineWidth: 0 });
}

export function formatSession(exchanges: readonly { readonly request: string; readonly response: Response }[]): string {
  return stringify(exchanges.map(({ request, response }) => ({ type: 'Exchange', request, response })));
}

/** Reads a session. Throws CapabilityError `replay` that says which exchange can't be read. */
export function parseSession(text: string): readonly Exchange[] {
  if (text.length > MAX_SESSION_BYTES)
    throw malformed('the session', `it has more than ${MAX_SESSION_BYTES} characters`);
  const items: unknown = read(() => parse(text), 'the session');
  if (items === null || items === undefined) return [];
  if (!Array.isArray(items)) throw malformed('the session', 'expected a list');
  return items.map((item: unknown, index) => readExchange(item, `exchange ${index + 1}`));
}

function readExchange(item: unknown, where: string): Exchange {
  const { type, request, response } = recordOf(item, where);
  if (type !== 'Exchange') throw malformed(where, 'expected `type: Exchange`');
  if (typeof request !== 'string') throw malformed(where, 'expected `request` to be a text');
  return { key: keyOfText(request, where), response: readResponse(response, where) };
}

function readResponse(value: unknown, where: string): Response {
  const { type, payload, message } = recordOf(value, `${where}: response`);
  if (type === 'Success' && typeof payload === 'string') return { type, payload };
  if (type === 'Error' && typeof message === 'string') return { type, message };
  throw malformed(where, 'expected a response of type Success with a payload, or of type Error with a message');
}

function keyOfText(text: string, where: string): string {
  const document = read(() => parseDocument(text), where);
  const tag = document.contents?.tag;
  if (document.errors.length > 0 || !isMap(document.contents) || typeof tag !== 'string' || !tag.startsWith('!')) {
    throw malformed(where, 'expected `request` to hold a tagged map');
  }
  return canonical({ tag: tag.slice(1), fields: read((): unknown => document.toJS(), where) });
}

/** Equal for questions with equal members; one that is missing is null. */
export function keyOfRequest(request: CapabilityRequest): string {
  return canonical(request);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  const sorted = members.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${sorted.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join()}}`;
}

function recordOf(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw malformed(where, 'expected a map');
}

function read<T>(parse: () => T, where: string): T {
  try {
    return parse();
  } catch (cause) {
    throw malformed(where, cause instanceof Error ? cause.message : String(cause));
  }
}

function malformed(where: string, problem: string): CapabilityError {
  return new CapabilityError('replay', `${where}: ${problem}`);
}
